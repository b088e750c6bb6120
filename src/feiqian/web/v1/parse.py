"""Turning bytes into request structs, strictly: no unknown or repeated names, no coercion, nothing deep or long.

The fast way accepts what is right; only what is wrong is looked at again, field by field, to say what and where.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import msgspec

from feiqian.strings.headers import is_utf_8, media_type
from feiqian.strings.patterns import told
from feiqian.strings.visible import is_visible
from feiqian.workers.bodies import check_json
from feiqian.workers.frames import Refused

from . import problems
from .problems import FieldError, ProblemError

if TYPE_CHECKING:
    from feiqian.runtime.uploads import Spool

BODY_LIMIT_BYTES = 16 * 1024
QUERY_LIMIT_BYTES = 2 * 1024
PARSED_BYTES = 64 * 1024  # of a body that is parsed, and whose errors are explained, in the event loop
ERRORS = 32  # fields whose faults are named in one answer
UNSEEN = "has a character that cannot be seen, such as a control character; leave it out"
# Texts that may have line ends; a reference is looked up with the one that it was written with before it was refused.
_LINES = frozenset({"merchant_order", "mrz", "note", "text"})
_NOT_SHOWN = frozenset({"password", "pin", "secret", "answer", "response", "mobile", "number", "mrz", "code"})
_DELETE = 0x7F
_DIGITS = re.compile("[0-9]+")
_NAME = re.compile("[a-z_]{1,32}", re.ASCII)
_KEY = re.compile("[A-Za-z0-9._:-]{1,64}", re.ASCII)
LONE_SURROGATE = "A text has an escape from \\ud800 to \\udfff without its other half, which is no character."
_JSON_TYPES = frozenset({b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8"})


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """The query of an operation that has no parameters."""


class RepeatedName(ValueError):
    """A JSON object has the same name twice."""


class BodyParser:
    """Decodes one struct type, which may have structs, lists and tables of them within it.

    Of PARSED_BYTES at most: at that size nothing that a client can write costs 5 ms.
    """

    def __init__(self, type: type) -> None:
        self._type = type
        self._decode: Callable[[bytes], Any] = msgspec.json.Decoder(type).decode
        self._fields = tuple((field.encode_name, _default(field)) for field in msgspec.structs.fields(type))

    def parse(self, body: bytes) -> Any:
        """Raises ProblemError saying which fields are wrong and how."""
        try:
            value = self._decode(body)
        except (msgspec.DecodeError, RecursionError):
            raise self._explain(body) from None
        if not self._names_are_single(value, body):
            _load(body)
        elif body.isascii() and _DELETE not in body:
            return value  # JSON takes no other control character unless it is escaped
        check_visible(value)
        return value

    def _names_are_single(self, value: Any, body: bytes) -> bool:
        """Whether quotes in the body are just those of the fields that are set; False means look closer.

        Without a backslash each quote delimits a name or a text. Those counted here are there for certain, as each
        field has what it has not by default; a repeated name adds two or four, and so does a default that is sent, or
        what is nested, which sends only us on the longer way.
        """
        quotes = 0
        for name, default in self._fields:
            field = getattr(value, name)
            if field is not default and field != default:
                quotes += 4 if type(field) is str else 2
        return body.count(b'"') == quotes and b"\\" not in body

    def _explain(self, body: bytes) -> ProblemError:
        given = _load(body)
        if not isinstance(given, dict):
            return ProblemError(problems.MALFORMED_JSON, "The body must be a JSON object.")
        return ProblemError(problems.INVALID, errors=field_errors(given, self._type, strict=True))


def _default(field: msgspec.structs.FieldInfo) -> Any:
    """What the field has where it is not sent; what equals nothing else, where it has to be."""
    made = field.default_factory
    return made() if made is not msgspec.NODEFAULT else field.default


def _load(body: bytes) -> Any:
    """Parses JSON with the standard library, refusing repeated names. Raises ProblemError."""
    if len(body) > PARSED_BYTES:
        raise ProblemError(problems.INVALID, "The body is not what this request takes.")
    try:
        check_json(body)
    except Refused:
        raise ProblemError(problems.INVALID, "The body has more fields, objects or lists than any request.") from None
    try:
        value = json.loads(_utf_8(body), object_pairs_hook=_single, parse_constant=_no_constant)
        broken = b"\\u" in body and _has_lone_surrogate(value)
    except RepeatedName as error:
        raise ProblemError(problems.MALFORMED_JSON, str(error)) from None
    except (ValueError, RecursionError):
        raise ProblemError(problems.MALFORMED_JSON, "The body is not valid JSON in UTF-8.") from None
    if broken:
        raise ProblemError(problems.MALFORMED_JSON, LONE_SURROGATE)
    return value


def _utf_8(body: bytes) -> str:
    """Raises ProblemError where a client wrote text in another encoding, or before it a mark of which it is."""
    if body.startswith(codecs.BOM_UTF8):
        raise ProblemError(problems.MALFORMED_JSON, "The body begins with a byte order mark; send JSON without one.")
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in body[:4]:
        raise ProblemError(problems.MALFORMED_JSON, "The body is not in UTF-8, it looks like UTF-16 or UTF-32.")
    return body.decode()


def _has_lone_surrogate(value: Any) -> bool:
    """Whether a text in it, or a name, has half of a pair of `\\ud800` to `\\udfff`, which is no character."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def _single(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    object = dict(pairs)
    if len(object) != len(pairs):
        raise RepeatedName("A name occurs twice in one object.")
    return object


def _no_constant(_text: str) -> None:
    raise ValueError("not JSON")


def field_errors(given: dict[str, Any], type: type, strict: bool) -> tuple[FieldError, ...]:
    """One error for each field that is wrong, missing or unknown; `items[0].amount` is one of a struct in a list."""
    found = tuple(islice(_field_errors(given, type, strict, ""), ERRORS))
    return found or (FieldError("", "is not what was expected"),)


def _field_errors(given: dict[str, Any], type: type, strict: bool, within: str) -> Iterator[FieldError]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(type)}
    for name, field in fields.items():
        if name in given:
            yield from _wrong(given[name], field.type, strict, within + name)
        elif field.required:
            yield FieldError(within + name, "is required")
    strange = islice((name for name in given if name not in fields), 8)
    yield from (FieldError(within + _shown(name), "is not a field of this request") for name in strange)


def _wrong(value: Any, type: Any, strict: bool, name: str) -> Iterator[FieldError]:
    try:
        msgspec.convert(value, type, strict=strict)
    except msgspec.ValidationError as error:
        nested = list(islice(_wrong_within(value, msgspec.inspect.type_info(type), name), ERRORS)) if strict else []
        yield from nested or [FieldError(name, told(str(error)).replace("`", ""))]


def _wrong_within(value: Any, type: msgspec.inspect.Type, name: str) -> Iterator[FieldError]:
    """What is wrong with the structs in a value."""
    if isinstance(type, msgspec.inspect.StructType) and isinstance(value, dict):
        yield from _field_errors(value, type.cls, True, f"{name}.")
    elif isinstance(type, msgspec.inspect.ListType | msgspec.inspect.VarTupleType) and isinstance(value, list):
        for place, each in enumerate(value):
            if isinstance(type.item_type, msgspec.inspect.StructType) and not isinstance(each, dict):
                yield FieldError(f"{name}[{place}]", "Expected object")
            yield from _wrong_within(each, type.item_type, f"{name}[{place}]")
    elif isinstance(type, msgspec.inspect.UnionType):
        for one in type.types:
            yield from _wrong_within(value, one, name)


def check_visible(value: Any) -> None:
    """Raises ProblemError for a text with characters that cannot be seen; secrets are shown nobody, and pass."""
    wrong = tuple(FieldError(name, UNSEEN) for name in islice(_unseen(value, ""), ERRORS))
    if wrong:
        raise ProblemError(problems.INVALID, errors=wrong)


def _unseen(value: Any, within: str) -> Iterator[str]:
    for name in value.__struct_fields__:
        if name not in _NOT_SHOWN:
            yield from _unseen_in(getattr(value, name), name, within + name)


def _unseen_in(held: Any, name: str, shown: str) -> Iterator[str]:
    if isinstance(held, str):
        if not is_visible(held, lines=name in _LINES):
            yield shown
    elif isinstance(held, msgspec.Struct):
        yield from _unseen(held, f"{shown}.")
    elif isinstance(held, list | tuple):
        for place, each in enumerate(held):
            yield from _unseen_in(each, name, f"{shown}[{place}]")
    elif isinstance(held, dict):
        for each in (*held, *held.values()):
            yield from _unseen_in(each, name, shown)


def _shown(name: str) -> str:
    """A name that the client made up, if it looks like one: a secret in its place is not sent back."""
    return name if _NAME.fullmatch(name) else "(unknown)"


def parse_query(query: bytes, type: type | None) -> Any:
    """The query as `type` (None: no parameter is known). Raises ProblemError; a repeated parameter is refused."""
    if not query:
        return type() if type else None
    if len(query) > QUERY_LIMIT_BYTES:
        raise ProblemError(problems.TOO_LARGE, "The query is too long.")
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict")
        given = _single(pairs)
    except RepeatedName:
        raise ProblemError(problems.MALFORMED_REQUEST, "A query parameter occurs twice.") from None
    except ValueError:
        raise ProblemError(problems.MALFORMED_REQUEST, "The query is malformed.") from None
    if type is None:
        raise ProblemError(problems.INVALID, errors=field_errors(given, Nothing, strict=False))
    try:
        value: Any = msgspec.convert(given, type, strict=False)
    except msgspec.ValidationError:
        raise ProblemError(problems.INVALID, errors=field_errors(given, type, strict=False)) from None
    for name, text in given.items():
        if isinstance(getattr(value, name), int) and not _DIGITS.fullmatch(text):  # 10.0 and 1e1, which msgspec takes
            raise ProblemError(problems.INVALID, errors=(FieldError(name, "Expected digits alone"),))
    check_visible(value)
    return value


def headers_of(headers: list[tuple[bytes, bytes]]) -> tuple[bytes, bytes, bytes]:
    """Content-Type, Content-Length and Authorization. Raises ProblemError where one occurs twice or is compressed."""
    content_type = content_length = authorization = b""
    for name, value in headers:
        if name == b"authorization":
            if authorization:
                raise ProblemError(problems.MALFORMED_REQUEST, "The Authorization header occurs twice.")
            authorization = value
        elif name == b"content-type":
            if content_type:
                raise ProblemError(problems.MALFORMED_REQUEST, "The Content-Type header occurs twice.")
            content_type = value
        elif name == b"content-length":
            content_length = value
        elif name == b"content-encoding" and value.lower() not in (b"", b"identity"):
            raise ProblemError(problems.UNSUPPORTED_MEDIA_TYPE, "Bodies are not compressed.")
    return content_type, content_length, authorization


def idempotency_key(values: Sequence[str]) -> str:
    """The request's `Idempotency-Key`, or "". Raises ProblemError for one that is not as it has to be."""
    if len(values) > 1:
        raise ProblemError(problems.MALFORMED_REQUEST, "The Idempotency-Key header occurs twice.")
    if values and not _KEY.fullmatch(values[0]):
        raise ProblemError(problems.MALFORMED_REQUEST, "An Idempotency-Key has 1 to 64 letters, digits, and . _ : -")
    return values[0] if values else ""


def check_media_type(content_type: bytes) -> None:
    """Raises ProblemError for all but JSON in UTF-8, however its media type is written."""
    if content_type in _JSON_TYPES:  # as nearly every client writes it
        return
    try:
        name, parameters = media_type(content_type.decode("latin-1"))
    except ValueError:
        raise ProblemError(problems.UNSUPPORTED_MEDIA_TYPE) from None
    if name != "application/json":
        raise ProblemError(problems.UNSUPPORTED_MEDIA_TYPE)
    if not is_utf_8(parameters):
        raise ProblemError(problems.UNSUPPORTED_MEDIA_TYPE, "JSON is sent in UTF-8.")


class Disconnected(Exception):
    """The client went away before its request was whole."""


async def read_body(
    receive: Callable[[], Awaitable[Any]], content_length: bytes, limit: int = BODY_LIMIT_BYTES
) -> bytes:
    """The whole body. Refuses one above the limit (bytes) by its announced length, or as soon as too much has come."""
    return b"".join([chunk async for chunk in _chunks(receive, content_length, limit)])


async def read_whole(
    exchange: Any, receive: Callable[[], Awaitable[Any]], content_length: bytes, limit: int = BODY_LIMIT_BYTES
) -> bytes:
    """As `read_body`; at once where our own server (`exchange`) has all of it."""
    body: bytes | None = exchange.whole_body() if exchange is not None else None
    if body is None or len(body) > limit:
        return await read_body(receive, content_length, limit)
    return body


async def spool_body(receive: Callable[[], Awaitable[Any]], content_length: bytes, limit: int, spool: Spool) -> None:
    """As `read_body`, for bodies that are not held in memory."""
    async for chunk in _chunks(receive, content_length, limit):
        await spool.write(chunk)


async def _chunks(receive: Callable[[], Awaitable[Any]], content_length: bytes, limit: int) -> AsyncIterator[bytes]:
    if content_length and (len(content_length) > 9 or int(content_length) > limit):
        raise ProblemError(problems.TOO_LARGE, f"A body has at most {limit} bytes.")
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise Disconnected
        size += len(message["body"])
        if size > limit:
            raise ProblemError(problems.TOO_LARGE, f"A body has at most {limit} bytes.")
        yield message["body"]
        more = message.get("more_body", False)
