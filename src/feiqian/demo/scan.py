"""Reads the payment code out of a camera's frame: QR or Code 128.

A frame is a stranger's file: its size is bounded before it is decoded, only JPEG and PNG are opened, and it is never
stored. It is decoded in a worker process, never in the server's own.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import zxingcpp
from PIL import Image

from feiqian.workers.counting import check_cost
from feiqian.workers.frames import Refused
from feiqian.workers.process import JobKilled

if TYPE_CHECKING:
    from feiqian.workers.pool import Workers

MAX_FRAME_BYTES = 1_000_000
MAX_FRAME_PIXELS = 1920 * 1920
PAYMENT_CODE = re.compile(r"[0-9]{20}")


class FrameInvalid(Exception):
    """What was sent is no picture that we open."""


async def read_frame(workers: Workers, frame: bytes, key: str) -> str | None:
    """The 20 digits of the payment code in view, or None; `key` is for whom. Raises FrameInvalid, TooBusy."""
    try:
        found = await workers.run(read, [frame], key)
    except Refused as refused:
        raise FrameInvalid(refused.reason) from None
    except JobKilled:
        raise FrameInvalid("this picture cannot be read: it takes too long to decode") from None
    return found[0].decode() if found else None


def read(parts: list[bytes]) -> list[bytes]:
    """Job of workers: a frame becomes the digits in it, or nothing. Raises Refused."""
    try:
        digits = decode_frame(parts[0])
    except FrameInvalid as error:
        raise Refused(str(error)) from None
    return [digits.encode()] if digits else []


def decode_frame(frame: bytes) -> str | None:
    """As `read_frame`, at once, in the caller's thread. Raises FrameInvalid."""
    image = _open(frame)
    formats = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.Code128])
    for barcode in zxingcpp.read_barcodes(image, formats=formats):
        if PAYMENT_CODE.fullmatch(barcode.text):
            return str(barcode.text)
    return None


def _open(frame: bytes) -> Image.Image:
    if not 0 < len(frame) <= MAX_FRAME_BYTES:
        raise FrameInvalid(f"a frame has 1 to {MAX_FRAME_BYTES} bytes, this has {len(frame)}")
    try:
        check_cost(frame)
        image = Image.open(io.BytesIO(frame), formats=("JPEG", "PNG"))
        width, height = image.size
        if width * height > MAX_FRAME_PIXELS:
            raise FrameInvalid(f"a frame of {width} x {height} pixels is too large")
        return image.convert("L")
    except FrameInvalid:
        raise
    except (Refused, MemoryError):
        raise FrameInvalid("this picture is too much work to decode") from None
    except Exception as error:  # Pillow raises many kinds for damaged pictures, SyntaxError among them
        raise FrameInvalid("not a JPEG or PNG picture") from error
