"""Reads the texts of the codes in a picture: QR or Code 128.

A picture is a stranger's file: its size is bounded before it is decoded, only JPEG and PNG are opened (from a gallery
WebP, too), and it is never stored. It is decoded in a worker process, never in the server's own.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import zxingcpp
from PIL import Image

from feiqian.workers.bodies import Parted, split_multipart
from feiqian.workers.counting import check_cost
from feiqian.workers.frames import Refused
from feiqian.workers.process import JobKilled

if TYPE_CHECKING:
    from feiqian.workers.pool import Workers
    from feiqian.workers.process import File

MAX_FRAME_BYTES, MAX_FRAME_PIXELS = 1_000_000, 1920 * 1920
MAX_PICTURE_BYTES, MAX_PICTURE_PIXELS = 8 * 1024 * 1024, 40_000_000
LOOKED_AT = 2_000  # pixels along a side at most: what is larger is made smaller first
MOST_TEXTS, LONGEST_TEXT = 8, 400  # of one picture; of one text, whose rest is cut off
_FORMATS = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.Code128])


class FrameInvalid(Exception):
    """What was sent is no picture that we open."""


class Bounds(NamedTuple):
    """What a picture may have."""

    bytes: int
    pixels: int
    formats: tuple[str, ...]


FRAME = Bounds(MAX_FRAME_BYTES, MAX_FRAME_PIXELS, ("JPEG", "PNG"))
PICTURE = Bounds(MAX_PICTURE_BYTES, MAX_PICTURE_PIXELS, ("JPEG", "PNG", "WEBP"))


async def read_frame(workers: Workers, frame: bytes, key: str) -> list[str]:
    """The texts in a camera's frame; `key` is for whom. Raises FrameInvalid, TooBusy."""
    try:
        return _texts(await workers.run(read, [frame], key))
    except (Refused, JobKilled) as error:
        raise _invalid(error) from None


async def read_upload(workers: Workers, boundary: bytes, body: File, key: str) -> list[str]:
    """The texts in the picture of a multipart form. Raises FrameInvalid, TooBusy."""
    try:
        return _texts(await workers.run(read_form, [boundary, body], key))
    except (Refused, JobKilled) as error:
        raise _invalid(error) from None


def _texts(parts: list[bytes]) -> list[str]:
    return msgspec.json.decode(parts[0], type=list[str])


def _invalid(error: Refused | JobKilled) -> FrameInvalid:
    if isinstance(error, Refused):
        return FrameInvalid(error.reason)
    return FrameInvalid("this picture cannot be read: it takes too long to decode")


def read(parts: list[bytes]) -> list[bytes]:
    """Job of workers: a frame becomes the texts in it, as JSON. Raises Refused."""
    return _read(parts[0], FRAME)


def read_form(parts: list[bytes]) -> list[bytes]:
    """Job of workers: a boundary and a form with one picture become the texts in that, as JSON. Raises Refused."""
    head, *files = split_multipart(parts)
    if len(msgspec.json.decode(head, type=Parted).files) != 1:
        raise Refused("one picture is read, no more and no less")
    return _read(files[0], PICTURE)


def _read(picture: bytes, bounds: Bounds) -> list[bytes]:
    try:
        return [msgspec.json.encode(codes_in(picture, bounds))]
    except FrameInvalid as error:
        raise Refused(str(error)) from None


def codes_in(picture: bytes, bounds: Bounds = FRAME) -> list[str]:
    """The texts in a picture, at once, in the caller's thread. Raises FrameInvalid."""
    image = _open(picture, bounds)
    found = [barcode.text for barcode in zxingcpp.read_barcodes(image, formats=_FORMATS)]
    return [str(text)[:LONGEST_TEXT] for text in found[:MOST_TEXTS]]


def _open(picture: bytes, bounds: Bounds) -> Image.Image:
    if not 0 < len(picture) <= bounds.bytes:
        raise FrameInvalid(f"a picture has 1 to {bounds.bytes} bytes, this has {len(picture)}")
    try:
        check_cost(picture)
        image = Image.open(io.BytesIO(picture), formats=bounds.formats)
        width, height = image.size
        if width * height > bounds.pixels:
            raise FrameInvalid(f"a picture of {width} x {height} pixels is too large")
        image.draft("L", (LOOKED_AT, LOOKED_AT))  # of a large JPEG, no more than is needed
        grey = image.convert("L")
        grey.thumbnail((LOOKED_AT, LOOKED_AT))
        return grey
    except FrameInvalid:
        raise
    except (Refused, MemoryError, Image.DecompressionBombError):
        raise FrameInvalid("this picture is too much work to decode") from None
    except Exception as error:  # Pillow raises many kinds for damaged pictures, SyntaxError among them
        raise FrameInvalid("not a picture that is read here") from error
