"""Bodies that pages are sent: forms are small and counted, and only the page that takes pictures takes more."""

from __future__ import annotations

import gc
import re
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from feiqian.onboarding.pages.identity import UPLOAD_BYTES
from feiqian.web import forms
from feiqian.web.bounds import COOKIE_BYTES, COOKIES, QUERY_BYTES, QUERY_FIELDS
from feiqian.web.forms import FORM_BYTES
from feiqian.workers.bodies import FORM_FIELDS

MEGABYTE = 1024 * 1024
URL_ENCODED = {"Content-Type": "application/x-www-form-urlencoded"}
MULTIPART = {"Content-Type": "multipart/form-data; boundary=b0undary"}
PART = b'--b0undary\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'


def pieces(body: bytes):
    """The body without its length announced."""
    return (body[at : at + 65_536] for at in range(0, len(body), 65_536))


@pytest.mark.parametrize("announced", [True, False])
def test_abuse_69_a_form_has_the_small_limit_also_where_pictures_are_taken(
    alice: TestClient, services: Any, announced: bool
) -> None:
    body = b"a=&" * (5 * MEGABYTE)
    for path in ("/identity", "/sign-in", "/language"):
        answer = alice.post(path, content=body if announced else pieces(body), headers=URL_ENCODED)
        assert answer.status_code == 413, path
    assert services.real_name.given == []


def test_abuse_69_the_limit_of_uploads_holds_on_one_page_and_for_multipart_alone(
    alice: TestClient, services: Any
) -> None:
    large = {"front": ("f.jpg", bytes(MEGABYTE), "image/jpeg")}
    assert alice.post("/sign-in", files=large).status_code == 413
    assert alice.post("/identity", files=large, follow_redirects=False).status_code == 303
    body = bytes(UPLOAD_BYTES + 1)
    assert alice.post("/identity", content=body, headers=MULTIPART).status_code == 413
    assert alice.post("/identity", content=pieces(body), headers=MULTIPART).status_code == 413


@pytest.mark.parametrize("path", ["/identity", "/sign-in"])
def test_abuse_69_fields_and_parts_are_counted_before_they_are_parsed(
    alice: TestClient, services: Any, path: str
) -> None:
    fields = b"&".join([b"a="] * (FORM_FIELDS + 1))
    assert len(fields) < FORM_BYTES
    assert alice.post(path, content=fields, headers=URL_ENCODED).status_code == 413
    parts = PART * (FORM_FIELDS + 2) + b"--b0undary--\r\n"
    assert len(parts) < FORM_BYTES
    assert alice.post(path, content=parts, headers=MULTIPART).status_code in (400, 413)
    assert services.real_name.given == []


def test_abuse_69_sixteen_megabytes_of_parts_are_refused_by_a_worker(alice: TestClient, services: Any) -> None:
    many = PART * (UPLOAD_BYTES // len(PART) - 1) + b"--b0undary--\r\n"
    assert len(many) > 15 * MEGABYTE
    assert alice.post("/identity", content=many, headers=MULTIPART).status_code == 400
    assert services.real_name.given == []


@pytest.mark.parametrize(
    ("written", "status"),
    [
        ("application/x-www-form-urlencoded", 303),
        ('Application/X-WWW-Form-UrlEncoded ; Charset="utf-8"', 303),
        ("application/x-www-form-urlencoded;charset=UTF8;", 303),
        ("application/x-www-form-urlencoded; charset=gbk", 415),
    ],
)
def test_the_media_type_of_a_form_may_be_written_in_any_way(client: TestClient, written: str, status: int) -> None:
    sent = client.post(
        "/language", content=b"language=zh&next=/", headers={"Content-Type": written}, follow_redirects=False
    )
    assert sent.status_code == status


def test_a_boundary_may_be_quoted(client: TestClient) -> None:
    body = b'--a b\r\nContent-Disposition: form-data; name="language"\r\n\r\nzh\r\n--a b--\r\n'
    headers = {"Content-Type": 'Multipart/Form-Data; charset="utf-8" ; Boundary="a b"'}
    assert client.post("/language", content=body, headers=headers, follow_redirects=False).status_code == 303


def test_a_method_that_is_not_there_is_told_which_are(client: TestClient) -> None:
    answer = client.request("DELETE", "/sign-in")
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"--b0undary--\r\n"),
        ("multipart/form-data; boundary=", b""),
        ("multipart/form-data; boundary=b0undary", b""),
        ("multipart/form-data; boundary=b0undary", PART),
        ("multipart/form-data; boundary=" + "b" * 5_000, b""),
        ("multipart/form-data; boundary=b0undary", b"--b0undary\r\nno head\r\n\r\n"),
    ],
)
@pytest.mark.parametrize("path", ["/identity", "/sign-in"])
def test_a_damaged_form_is_refused_as_such(
    alice: TestClient, services: Any, path: str, content_type: str, body: bytes
) -> None:
    assert alice.post(path, content=body, headers={"Content-Type": content_type}).status_code == 400


def test_a_character_set_that_a_part_names_is_no_error(alice: TestClient, services: Any) -> None:
    body = (
        b'--b0undary\r\nContent-Disposition: form-data; name="mobile"\r\nContent-Type: text/plain; charset=%b\r\n\r\nx'
    )
    for charset in (b"punycode", b"no-such"):
        sent = body % charset + b"\r\n--b0undary--\r\n"
        assert alice.post("/sign-in", content=sent, headers=MULTIPART).status_code < 500


def test_deep_json_is_refused_as_such(client: TestClient) -> None:
    headers = {"Content-Type": "application/json"}
    for opening in (b"[", b'{"order":', b'{"x":'):
        body = opening * (FORM_BYTES // len(opening))
        assert client.post("/till/mer_cafe/payments", content=body, headers=headers).status_code == 400


def test_forms_are_not_kept(alice: TestClient, services: Any) -> None:
    """Forms hold passwords: the framework's parser keeps the last thousand of them."""
    tracemalloc.start()
    try:
        for n in range(50):
            if n == 10:
                gc.collect()
                before = tracemalloc.get_traced_memory()[0]
            alice.post("/sign-in", content=b"mobile=%d&x=" % n + b"x" * 16_000, headers=URL_ENCODED)
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < 40 * 8_000


def test_nothing_but_forms_parses_forms() -> None:
    folder = Path(forms.__file__).parent
    parsing = re.compile(r"\.form\(\)|UploadFile|RequestEncodingType|MultipartBody|FormBody")
    assert [path.name for path in folder.rglob("*.py") if parsing.search(path.read_text())] == []


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/sign-in?" + "a=&" * QUERY_FIELDS, {}, 414),
        ("/sign-in?next=" + "a" * QUERY_BYTES, {}, 414),
        ("/sign-in?" + "a=&" * (QUERY_FIELDS - 1), {}, 200),
        ("/sign-in", {"Cookie": "a=;" * COOKIES}, 431),
        ("/sign-in", {"Cookie": "a=" + "b" * COOKIE_BYTES}, 431),
        ("/sign-in", {"Cookie": "a=;" * (COOKIES - 1)}, 200),
    ],
)
def test_abuse_69_queries_and_cookies_are_counted_before_they_are_parsed(
    client: TestClient, services: Any, path: str, headers: dict[str, str], status: int
) -> None:
    for accept in ("text/html", "application/json"):
        answer = client.get(path, headers=headers | {"Accept": accept})
        assert answer.status_code == status
        assert "Content-Security-Policy" in answer.headers
