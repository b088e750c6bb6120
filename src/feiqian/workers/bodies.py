"""Bodies and forms taken apart within bounds: by counting first, then by parsing. Knows nothing of what they mean.

`split_json` and `split_multipart` are jobs of workers, for bodies with pictures; `form_fields` is for small forms.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from multipart import (  # type: ignore[import-untyped]
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
)

from feiqian.workers.frames import Refused

FORM_FIELDS = 64  # of a form, and parts of a multipart body
JSON_FIELDS, JSON_OPENINGS = 1_024, 1_024  # of a body that is looked at field by field
PICTURES = 8  # of one body, before anybody asks how many are allowed
CHUNK_BYTES = 65_536
BOUNDARY_BYTES = 70  # RFC 2046, 5.1.1
MALFORMED, TOO_MANY = "malformed", "too_many"


class Pictures(msgspec.Struct, forbid_unknown_fields=True):
    """The one shape of JSON that may be large."""

    images: list[bytes]


class Parted(msgspec.Struct):
    """What `split_multipart` found: the texts by name (of several of a name the last), and the names of the files."""

    texts: dict[str, str]
    files: list[str]


_pictures = msgspec.json.Decoder(Pictures)


def check_json(body: bytes) -> None:
    """Raises Refused (too_many) for what has more fields, or more objects and lists, than any request has."""
    if body.count(b":") > JSON_FIELDS or body.count(b"{") + body.count(b"[") > JSON_OPENINGS:
        raise Refused(TOO_MANY)


def split_json(parts: list[bytes]) -> list[bytes]:
    """Job: `{"images": ["base64", …]}` becomes the images. Raises Refused (malformed, too_many)."""
    (body,) = parts
    if body.count(b'"') > 2 + 2 * PICTURES or body.count(b",") > PICTURES or body.count(b"{") > 1:
        raise Refused(TOO_MANY)
    try:
        images = _pictures.decode(body).images
        if body.count(b'"images"') != 1 or b"\\" in body:  # then the name may stand there twice
            json.loads(body, object_pairs_hook=_single)
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise Refused(MALFORMED) from None
    return images


def _single(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name occurs twice")
    return dict(pairs)


def split_multipart(parts: list[bytes]) -> list[bytes]:
    """Job: the boundary and a multipart body become `Parted` in JSON, then the files' contents.

    A file that was not chosen is a text that is empty. Raises Refused (malformed, too_many).
    """
    boundary, body = parts
    texts, names, files = {}, [], []
    for segment, content in _segments(boundary, body):
        if segment.filename:
            names.append(segment.name)
            files.append(bytes(content))
        else:
            texts[segment.name] = _text(content)
    return [msgspec.json.encode(Parted(texts, names)), *files]


def form_fields(media_type: str, boundary: str | None, body: bytes) -> list[tuple[str, str]]:
    """The texts of a small form, URL-encoded or multipart, in order; none of any other sort.

    Raises Refused (malformed, too_many).
    """
    if media_type == "application/x-www-form-urlencoded":
        if body.count(b"&") >= FORM_FIELDS:
            raise Refused(TOO_MANY)
        try:
            return parse_qsl(body.decode(), keep_blank_values=True, errors="strict")
        except UnicodeDecodeError:
            raise Refused(MALFORMED) from None
    if media_type == "multipart/form-data":
        segments = _segments((boundary or "").encode(), body)
        return [(s.name, _text(content)) for s, content in segments if not s.filename]
    return []


def _text(content: bytearray) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise Refused(MALFORMED) from None


def _segments(boundary: bytes, body: bytes) -> Iterator[tuple[MultipartSegment, bytearray]]:
    """Each part and its content. Character sets that a part names are not used: some cost more than linear time."""
    if not 0 < len(boundary) <= BOUNDARY_BYTES:
        raise Refused(MALFORMED)
    if body.count(b"--" + boundary) > FORM_FIELDS + 1:
        raise Refused(TOO_MANY)
    segment, content = None, bytearray()
    try:
        with PushMultipartParser(boundary, max_segment_count=FORM_FIELDS) as parser:
            view = memoryview(body)
            for at in range(0, len(body), CHUNK_BYTES):
                for event in parser.parse(bytes(view[at : at + CHUNK_BYTES])):
                    if isinstance(event, MultipartSegment):
                        segment, content = event, bytearray()
                    elif event:
                        content += event
                    elif segment is not None:
                        yield segment, content
    except (MultipartError, ValueError, LookupError):
        raise Refused(MALFORMED) from None
