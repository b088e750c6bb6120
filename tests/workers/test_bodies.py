"""Bodies and forms are counted before they are parsed, and what is counted bounds what parsing makes of them."""

from __future__ import annotations

import base64
import json
import tracemalloc

import msgspec
import pytest

from feiqian.workers.bodies import FORM_FIELDS, Parted, check_json, form_fields, split_json, split_multipart
from feiqian.workers.frames import Refused

URL_ENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
MEGABYTE = 1024 * 1024


def part(name: str, content: bytes, more: str = "", boundary: str = "b0undary") -> bytes:
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'
    return head.encode() + content + b"\r\n"


END = b"--b0undary--\r\n"


def reason(function, *given) -> str:
    with pytest.raises(Refused) as refused:
        function(*given)
    return refused.value.reason


def test_pictures_in_json_come_out_as_they_went_in() -> None:
    images = [bytes(range(256)) * 1000, b"\xff\xd8"]
    body = json.dumps({"images": [base64.b64encode(image).decode() for image in images]})
    assert split_json([body.encode()]) == images
    assert split_json([body.replace("/", "\\/").encode()]) == images  # as some encoders write it


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"images":[' + b"{}," * 8_000_000 + b"{}]}", "too_many"),
        (b"{" + b",".join(b'"%d":0' % n for n in range(500_000)) + b"}", "too_many"),
        (b'{"images":' * 500_000, "too_many"),
        (b"[" * 5_000_000, "malformed"),
        (b'{"images":[' + b'"",' * 1_000_000 + b'""]}', "too_many"),
        (b'{"images":["!!"]}', "malformed"),
        (b'{"images":["QQ=="],"more":0}', "malformed"),
        (b'{"images":["QQ=="],"images":["QQ=="]}', "malformed"),
        (b'{"images":["QQ=="],"\\u0069mages":["QQ=="]}', "malformed"),
        (b'{"images":["' + b"Q" * 8 * MEGABYTE, "malformed"),
        (b"", "malformed"),
    ],
)
def test_abuse_69_a_huge_body_is_refused_without_memory_for_what_is_in_it(body: bytes, why: str) -> None:
    tracemalloc.start()
    try:
        assert reason(split_json, [body]) == why
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < MEGABYTE + len(body)


def test_a_form_with_pictures_is_taken_apart() -> None:
    body = part("name", "李".encode()) + part("front", b"\xff\xd8\r\n--b0", '; filename="f.jpg"')
    body += part("name", b"last") + part("back", b"", '; filename=""') + part("extra", b"x", '; filename="e"') + END
    head, *files = split_multipart([b"b0undary", body])
    parted = msgspec.json.decode(head, type=Parted)
    assert parted.texts == {"name": "last", "back": ""}
    assert parted.files == ["front", "extra"]
    assert files == [b"\xff\xd8\r\n--b0", b"x"]


@pytest.mark.parametrize(
    ("boundary", "body", "why"),
    [
        (b"b0undary", part("a", b"") * (FORM_FIELDS + 2) + END, "too_many"),
        (b"b0undary", part("a", b"") * 200_000 + END, "too_many"),
        (b"-", b"-" * MEGABYTE, "too_many"),
        (b"", b"", "malformed"),
        (b"b" * 71, b"", "malformed"),
        (b"b0undary", part("a", b"x"), "malformed"),
        (b"b0undary", b"--b0undary\r\n" + b"a: b\r\n" * 100_000, "malformed"),
        (b"b0undary", b"--b0undary\r\n" + b"a" * MEGABYTE, "malformed"),
        (b"b\n", b"--b\n", "malformed"),
    ],
)
def test_abuse_69_a_huge_or_damaged_form_is_refused(boundary: bytes, body: bytes, why: str) -> None:
    assert reason(split_multipart, [boundary, body]) == why


def test_small_forms_of_both_sorts_are_read_alike() -> None:
    assert form_fields(URL_ENCODED, None, b"a=1&b=%E6%9D%8E&a=&c") == [("a", "1"), ("b", "李"), ("a", ""), ("c", "")]
    body = part("a", b"1") + part("b", "李".encode()) + part("f", b"file", '; filename="f"') + END
    assert form_fields(MULTIPART, "b0undary", body) == [("a", "1"), ("b", "李")]
    assert form_fields("application/json", None, b"{}") == []


@pytest.mark.parametrize("fields", [FORM_FIELDS + 1, 8_000_000])
def test_abuse_69_a_form_of_many_fields_is_refused_before_it_is_parsed(fields: int) -> None:
    body = b"&".join([b"a="] * fields)
    tracemalloc.start()
    try:
        assert reason(form_fields, URL_ENCODED, None, body) == "too_many"
        assert tracemalloc.get_traced_memory()[1] < 10_000
    finally:
        tracemalloc.stop()
    assert len(form_fields(URL_ENCODED, None, b"&".join([b"a="] * FORM_FIELDS))) == FORM_FIELDS


@pytest.mark.parametrize("charset", ["punycode", "idna", "no-such", "utf-16"])
def test_the_character_set_that_a_part_names_is_not_used(charset: str) -> None:
    body = part("a", b"abc-def", f"\r\nContent-Type: text/plain; charset={charset}") + END
    assert form_fields(MULTIPART, "b0undary", body) == [("a", "abc-def")]


@pytest.mark.parametrize("body", [b"[" * 2000, b'{"a":' * 2000, b"{" + b'"a":0,' * 2000 + b"}"])
def test_abuse_69_json_is_counted_before_it_is_explained(body: bytes) -> None:
    assert reason(check_json, body) == "too_many"
