"""Bodies and queries are taken strictly or not at all, and what is wrong is said field by field."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feiqian.orders.requests import OrderRequest
from feiqian.payments.api.merchants import list_payments
from feiqian.payments.requests import PaymentRequest
from feiqian.web.v1.description import description
from feiqian.web.v1.operations import operation_of
from feiqian.web.v1.parse import (
    BODY_LIMIT_BYTES,
    ERRORS,
    BodyParser,
    check_media_type,
    check_visible,
    parse_query,
    read_body,
)
from feiqian.web.v1.problems import ProblemError

LISTING = operation_of(list_payments)
assert LISTING is not None
PaymentQuery: Any = LISTING.query

PARSER, ORDERS = BodyParser(PaymentRequest), BodyParser(OrderRequest)
GOOD: dict[str, Any] = {
    "payment_code": "88012345678901234567",
    "amount": 1250,
    "currency": "CNY",
    "merchant_order": "o-1",
}


def refused(body: bytes) -> ProblemError:
    with pytest.raises(ProblemError) as raised:
        PARSER.parse(body)
    return raised.value


def wrong_fields(body: dict[str, Any]) -> list[str]:
    return [error.field for error in refused(json.dumps(body).encode()).errors]


def test_what_is_right_is_taken() -> None:
    for text in ("", "Té, 两杯", 'with "quotes" and \\'):
        body = GOOD | {"description": text}
        for ascii in (True, False):
            assert PARSER.parse(json.dumps(body, ensure_ascii=ascii).encode()) == PaymentRequest(**body)


@pytest.mark.parametrize("number", ["1.0", "12.5", "1e3", "1E3", '"1250"', "true", "null", "[1]", "-1", "0", "-0"])
def test_abuse_2_an_amount_that_is_no_positive_whole_number_is_refused(number: str) -> None:
    body = json.dumps(GOOD).replace("1250", number).encode()
    assert [error.field for error in refused(body).errors] == ["amount"]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e400", "+1", "01", "0x10", "1_000", "1e"])
def test_abuse_2_numbers_that_json_has_not_are_refused(number: str) -> None:
    assert refused(json.dumps(GOOD).replace("1250", number).encode()).kind.status in (400, 422)


@pytest.mark.parametrize("number", [2**53, 2**63 - 1, 2**63, 2**64 - 1, 2**64, 10**30])
def test_abuse_3_an_amount_that_could_overflow_is_refused(number: int) -> None:
    assert wrong_fields(GOOD | {"amount": number}) == ["amount"]


@pytest.mark.parametrize("name", ["balance", "status", "role", "fee", "merchant"])
def test_abuse_29_fields_that_are_not_the_clients_are_refused(name: str) -> None:
    assert wrong_fields(GOOD | {name: "x"}) == [name]


@pytest.mark.parametrize(
    "body",
    [
        '{"amount":1,"amount":1250,"payment_code":"88012345678901234567","currency":"CNY","merchant_order":"o"}',
        '{"amount":1250,"payment_code":"88012345678901234567","currency":"CNY","merchant_order":"o","amount":1250}',
        '{"amount":1250,"payment_code":"88012345678901234567","currency":"CNY","merchant_order":"a","merchant_order":"o"}',
        '{"amount":1250,"payment_code":"88012345678901234567","currency":"CNY","merchant_order":"a","\\u0061mount":2}',
        '{"amount":1250,"payment_code":"88012345678901234567","currency":"CNY","merchant_order":"a",'
        '"description":"","description":""}',
        '{"amount":1250,"payment_code":"88012345678901234567","currency":"CNY","merchant_order":"a",'
        '"store":"","store":"x\\\\"}',
    ],
)
def test_abuse_60_a_name_that_occurs_twice_is_refused(body: str) -> None:
    assert refused(body.encode()).kind.slug == "malformed-json"


@pytest.mark.parametrize("times", range(1, 12))
@pytest.mark.parametrize("name", ["merchant_order", "amount", "currency", "expires_in", "capture", "methods"])
def test_abuse_60_a_name_of_an_order_that_comes_often_is_seen_however_often_that_is(name: str, times: int) -> None:
    """As the quotes of fields that have something by default, and are not sent, must not be counted."""
    sent = {"merchant_order": "o-1", "amount": 1250, "currency": "CNY"}
    value = (sent | {"expires_in": 900, "capture": "now", "methods": ["code", "quick", "wallet"]})[name]
    more = f", {json.dumps(name)}: {json.dumps(value)}" * times
    body = json.dumps(sent)[:-1] + more + "}"
    if times == 1 and name not in sent:
        assert ORDERS.parse(body.encode()) == ORDERS.parse(json.dumps(sent).encode())
    else:
        with pytest.raises(ProblemError) as raised:
            ORDERS.parse(body.encode())
        assert "twice" in str(raised.value.problem.detail)


@given(
    st.lists(
        st.sampled_from(["amount", "payment_code", "currency", "merchant_order", "description", "store"]), max_size=2
    ),
    st.text(max_size=8),
)
def test_abuse_60_repeated_names_are_seen_wherever_they_are(repeated: list[str], text: str) -> None:
    values = GOOD | {"description": text, "store": "s"}
    pairs = [*values.items(), *((name, values[name]) for name in repeated)]
    body = "{" + ",".join(f"{json.dumps(n)}:{json.dumps(v)}" for n, v in pairs) + "}"
    try:
        parsed = PARSER.parse(body.encode())
    except ProblemError as error:
        assert repeated or error.kind.slug == "invalid-request"  # noqa: PT017
    else:
        assert not repeated
        assert parsed == PaymentRequest(**values)


def test_all_that_is_wrong_is_said_at_once() -> None:
    errors = refused(b'{"amount":0,"currency":"cny","surprise":1}').errors
    assert [error.field for error in errors] == ["payment_code", "amount", "currency", "merchant_order", "surprise"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"1", b'"x"', b"\xff\xfe", b"{} {}", b"{'a':1}"])
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    assert refused(body).kind.status in (400, 422)


@pytest.mark.parametrize("opening", [b"[", b'{"amount":', b'{"amount":[', b'{"x":'])
def test_abuse_68_deep_json_is_refused(opening: bytes) -> None:
    assert refused(opening * (BODY_LIMIT_BYTES // len(opening))).kind.status in (400, 422)


@pytest.mark.parametrize("text", ["a\nb", "a\x00", "\u2028", "x" * 141])
def test_texts_are_bounded_and_printable(text: str) -> None:
    assert wrong_fields(GOOD | {"description": text}) == ["description"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be", "utf-8-sig"])
def test_json_in_another_encoding_or_with_a_byte_order_mark_is_malformed_and_said_so(encoding: str) -> None:
    problem = refused(json.dumps(GOOD).encode(encoding))
    assert problem.kind.slug == "malformed-json"
    assert ("byte order mark" if encoding == "utf-8-sig" else "not in UTF-8") in problem.problem.detail


@pytest.mark.parametrize("lone", [r"\ud800", r"\uDFFF", r"\ud800\ud800", r"\udc00\ud800", r"\uD83Dx", r"\\\ud800"])
@pytest.mark.parametrize("where", ["merchant_order", "description", "strange"])
def test_an_escaped_lone_surrogate_is_refused_in_its_own_words(lone: str, where: str) -> None:
    body = json.dumps(GOOD | {where: "HERE"}).replace("HERE", lone).encode()
    problem = refused(body)
    assert problem.kind.slug == "malformed-json"
    assert "without its other half" in problem.problem.detail
    assert refused(body.replace(b'"strange"', b'"' + lone.encode() + b'"')).kind.slug == "malformed-json"


def test_an_escaped_pair_and_an_escaped_backslash_are_taken() -> None:
    body = json.dumps(GOOD | {"description": "HERE"}).replace("HERE", r"\ud83d\ude00 \\ud800").encode()
    assert PARSER.parse(body).description == "\U0001f600 \\ud800"


@pytest.mark.parametrize(
    "written",
    [
        b"application/json",
        b"Application/JSON",
        b"application/json; charset=utf-8",
        b'application/json;  Charset = "UTF-8"',
        b"application/json ;charset=UTF8;",
        b'application/json; profile="a;charset=latin-1"',
        b"application/json;",
    ],
)
def test_the_media_type_of_json_may_be_written_in_any_way(written: bytes) -> None:
    check_media_type(written)


@pytest.mark.parametrize(
    "written",
    [
        b"",
        b"text/plain",
        b"application/json2",
        b"application/jsonp; charset=utf-8",
        b"application/json; charset=utf-16",
        b"application/json; charset=latin-1",
        b'application/json; charset=""',
        b'application/json; charset="utf-8; x"',
        b"application/json charset=utf-8",
        b"application/json, application/json",
        b"application/json; x=" + b"a" * 2_000,
    ],
)
def test_another_media_type_or_character_set_is_refused(written: bytes) -> None:
    with pytest.raises(ProblemError) as raised:
        check_media_type(written)
    assert raised.value.kind.status == 415


def test_a_query_is_parsed_with_its_bounds() -> None:
    assert parse_query(b"", PaymentQuery) == PaymentQuery()
    assert parse_query(b"limit=7&merchant_order=a%2Fb", PaymentQuery) == PaymentQuery(merchant_order="a/b", limit=7)
    for query in (
        b"limit=0",
        b"limit=101",
        b"limit=x",
        b"limit=1.5",
        b"limit=10.0",
        b"limit=1e1",
        b"offset=1",
        b"merchant_order=",
        b"cursor=%00",
    ):
        with pytest.raises(ProblemError):
            parse_query(query, PaymentQuery)
    with pytest.raises(ProblemError):
        parse_query(b"x=1", None)


@pytest.mark.parametrize("query", [b"limit=1&limit=2", b"limit=1&limit=1", b"limit=1&lim%69t=2"])
def test_abuse_60_a_parameter_that_occurs_twice_is_refused(query: bytes) -> None:
    with pytest.raises(ProblemError) as raised:
        parse_query(query, PaymentQuery)
    assert raised.value.kind.slug == "malformed-request"


def test_abuse_68_a_body_is_refused_as_soon_as_it_is_too_long() -> None:
    asked = 0

    async def receive() -> dict[str, Any]:
        nonlocal asked
        asked += 1
        return {"type": "http.request", "body": b"x" * 5000, "more_body": True}

    with pytest.raises(ProblemError) as raised:
        asyncio.run(read_body(receive, b""))
    assert raised.value.kind.status == 413
    assert asked == 4


def test_abuse_68_a_body_that_is_announced_too_long_is_not_read_at_all() -> None:
    async def receive() -> dict[str, Any]:
        raise AssertionError("read")

    for length in (b"16385", b"99999999999999999999999999"):
        with pytest.raises(ProblemError):
            asyncio.run(read_body(receive, length))


UNSEEN = ["\u202e", "\u2066", "\u2028", "\x7f", "\x9b", "\x07", "\ufffe", "\U0010ffff"]


@pytest.mark.parametrize("character", UNSEEN, ids=lambda one: f"U+{ord(one):04X}")
@pytest.mark.parametrize("ascii", [True, False])
def test_a_text_with_what_cannot_be_seen_is_refused_however_it_is_written(character: str, ascii: bool) -> None:
    for field in ("description", "store", "terminal", "merchant_order"):
        body = json.dumps(GOOD | {field: f"two {character}teas"}, ensure_ascii=ascii).encode()
        assert [error.field for error in refused(body).errors] == [field]
    query = urlencode({"merchant_order": f"two{character}teas"}).encode()
    with pytest.raises(ProblemError):
        parse_query(query, PaymentQuery)


def test_every_text_of_every_operation_is_looked_at_unless_it_is_a_secret_or_a_keys_answer() -> None:
    passed = set()
    for operation in description().operations:
        for name in () if operation.body is None else operation.body.__struct_fields__:
            value = SimpleNamespace(__struct_fields__=(name,), **{name: "a\u202eb"})
            try:
                check_visible(value)
            except ProblemError:
                continue
            passed.add(name)
    typed = {
        "code",
        "mobile",
        "mrz",
        "number",
    }  # which are brought into a form without such characters before they count
    assert passed == {"answer", "password", "pin", "response", "secret"} | typed


def test_joiners_and_marks_that_scripts_need_are_taken() -> None:
    body = json.dumps(GOOD | {"description": "می\u200cخواهم 👩\u200d👧 \u200f"}, ensure_ascii=False).encode()
    assert PARSER.parse(body).description.startswith("می\u200c")


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    amount: Annotated[int, msgspec.Meta(ge=1)]


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    items: Annotated[list[Item], msgspec.Meta(min_length=1, max_length=100)]
    gift: Item | None = None
    tags: dict[str, str] = {}


TEA = {"name": "tea", "amount": 1}


def nested_fields(body: object) -> list[str]:
    with pytest.raises(ProblemError) as raised:
        BodyParser(Order).parse(body if isinstance(body, bytes) else json.dumps(body).encode())
    assert raised.value.kind.slug == "invalid-request"
    return [error.field for error in raised.value.errors]


def test_bodies_may_have_structs_and_lists_of_them() -> None:
    body = {"items": [TEA, {"name": "", "amount": 2}], "gift": TEA, "tags": {"a": "b"}}
    parsed = BodyParser(Order).parse(json.dumps(body).encode())
    assert parsed == Order([Item("tea", 1), Item("", 2)], Item("tea", 1), {"a": "b"})
    assert BodyParser(Order).parse(b'{"items":[{"name":"","amount":1}]}') == Order([Item("", 1)])


def test_each_wrong_field_is_named_by_where_it_stands() -> None:
    wrong = [TEA, {"name": 1, "amount": 0}, {"name": "a", "x": 1}, TEA, "tea"]
    named = ["items[1].name", "items[1].amount", "items[2].amount", "items[2].x", "items[4]"]
    assert nested_fields({"items": wrong, "gift": {"name": "a"}, "y": 1}) == [*named, "gift.amount", "y"]
    assert nested_fields({"items": []}) == nested_fields({"items": "x"}) == ["items"]
    assert nested_fields({"items": [TEA | {"Bad Name": 1}]}) == ["items[0].(unknown)"]
    assert len(nested_fields({"items": [{}] * 99})) == ERRORS


@pytest.mark.parametrize("number", ["1.0", "1e0", '"1"', "true"])
def test_abuse_2_a_nested_number_is_not_coerced(number: str) -> None:
    assert nested_fields(b'{"items":[{"name":"a","amount":%b}]}' % number.encode()) == ["items[0].amount"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"items":[{"name":"a","amount":1,"amount":1}]}',
        b'{"items":[{"name":"","name":"","amount":1}]}',
        b'{"items":[{"name":"a","amount":1}],"gift":{"name":"a","amount":1,"n\\u0061me":"a"}}',
        b'{"items":[{"name":"a","amount":1}],"tags":{"a":"b","a":"c"}}',
        b'{"items":[{"name":"a","amount":1}],"items":[{"name":"a","amount":1}]}',
    ],
)
def test_abuse_60_a_nested_name_that_occurs_twice_is_refused(body: bytes) -> None:
    with pytest.raises(ProblemError) as raised:
        BodyParser(Order).parse(body)
    assert raised.value.kind.slug == "malformed-json"


class Preset(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fields that are something where they are not sent."""

    amount: int
    seconds: int = 900
    ways: list[str] = msgspec.field(default_factory=lambda: ["a", "b"])
    mode: str = "now"
    tags: dict[str, str] = {}


@pytest.mark.parametrize(
    "body",
    [
        b'{"amount":1,"amount":2}',
        b'{"amount":1,"amount":2,"amount":3}',
        b'{"amount":1,"amount":2,"amount":3,"amount":4}',
        b'{"amount":1,"amount":2,"amount":3,"amount":4,"amount":5}',
        b'{"amount":1,"seconds":1,"seconds":900}',
        b'{"amount":1,"mode":"later","mode":"now"}',
        b'{"amount":1,"tags":{"a":"1","a":"2"}}',
        b'{"amount":1,"tags":{"a":"1","a":"2"},"seconds":1}',
    ],
)
def test_abuse_60_a_name_that_occurs_twice_is_not_hidden_by_a_field_that_was_left_out(body: bytes) -> None:
    parser = BodyParser(Preset)
    assert parser.parse(b'{"amount":1,"tags":{"a":"1"},"mode":"now"}').tags == {"a": "1"}
    with pytest.raises(ProblemError) as raised:
        parser.parse(body)
    assert raised.value.kind.slug == "malformed-json"


@pytest.mark.parametrize("ascii", [True, False])
def test_a_nested_text_with_what_cannot_be_seen_is_refused(ascii: bool) -> None:
    hidden = {"name": "a\u202eb", "amount": 1}
    body = {"items": [TEA, hidden], "gift": hidden, "tags": {"a\u202e": "b", "c": "\x9b"}}
    named = ["items[1].name", "gift.name", "tags", "tags"]
    assert nested_fields(json.dumps(body, ensure_ascii=ascii).encode()) == named
