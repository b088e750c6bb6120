"""Reads the payment code out of a camera's frame: QR or Code 128.

A frame is a stranger's file: its size is bounded before it is decoded, only JPEG and PNG are opened, and it is never
stored. Decoding takes 5-30 ms of a core, so it runs in threads, two at most, never in the event loop.
"""

from __future__ import annotations

import asyncio
import io
import re
from concurrent.futures import ThreadPoolExecutor

import zxingcpp
from PIL import Image

MAX_FRAME_BYTES = 1_000_000
MAX_FRAME_PIXELS = 1920 * 1920
PAYMENT_CODE = re.compile(r"[0-9]{20}")

_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="scan")


class FrameInvalid(Exception):
    """What was sent is no picture that we open."""


async def read_frame(frame: bytes) -> str | None:
    """The 20 digits of the payment code in view, or None. Raises FrameInvalid."""
    return await asyncio.get_running_loop().run_in_executor(_threads, decode_frame, frame)


def decode_frame(frame: bytes) -> str | None:
    """As `read_frame`, at once, in the caller's thread."""
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
        image = Image.open(io.BytesIO(frame), formats=("JPEG", "PNG"))
        width, height = image.size
        if width * height > MAX_FRAME_PIXELS:
            raise FrameInvalid(f"a frame of {width} x {height} pixels is too large")
        return image.convert("L")
    except FrameInvalid:
        raise
    except Exception as error:  # Pillow raises many kinds for damaged pictures, SyntaxError among them
        raise FrameInvalid("not a JPEG or PNG picture") from error
