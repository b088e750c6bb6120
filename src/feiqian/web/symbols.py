"""Payment codes as pictures: QR and Code 128, as one SVG path each.

A path, not markup: scripts replace one attribute, and nothing on a page is ever parsed from a string that a code made.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any, NamedTuple

import zxingcpp

QUIET_MODULES = 4  # ISO/IEC 18004 asks for four modules of white around a QR code
_DARK = bytes([1]) + bytes(255)  # of a pixel
QUIET_BARS = 10  # ISO/IEC 15417 asks for ten modules on either side of a Code 128


class Symbol(NamedTuple):
    """A picture of `width` × `height` modules; `path` is the data of an SVG path, dark on light."""

    width: int
    height: int
    path: str


def qr(text: str) -> Symbol:
    """A QR code, never a Micro QR, with its quiet zone; medium error correction suits a screen."""
    rows = _modules(zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M"))
    size = len(rows) + 2 * QUIET_MODULES
    path = "".join(_row(row, y + QUIET_MODULES, QUIET_MODULES, 1) for y, row in enumerate(rows))
    return Symbol(size, size, path)


def code128(digits: str, height: int = 40) -> Symbol:
    """A Code 128 (its subset C packs two digits into a character), with its quiet zones."""
    barcode = zxingcpp.create_barcode(digits, zxingcpp.BarcodeFormat.Code128)
    bars = _modules(barcode)[0]
    return Symbol(len(bars) + 2 * QUIET_BARS, height, _row(bars, 0, QUIET_BARS, height))


def _modules(barcode: Any) -> list[bytes]:
    """The rows of a symbol, a byte for each module: 1 is dark."""
    pixels = memoryview(barcode.to_image(scale=1, add_quiet_zones=False))  # rows of bytes; 0 is dark
    assert pixels.shape is not None
    width, dark = pixels.shape[1], pixels.tobytes().translate(_DARK)
    return [dark[start : start + width] for start in range(0, len(dark), width)]


def _row(modules: bytes, y: int, x: int, height: int) -> str:
    """One run of dark modules becomes one rectangle: `M x y h width v height h -width z`."""
    parts: list[str] = []
    for dark, run in groupby(modules):
        width = len(list(run))
        if dark:
            parts.append(f"M{x} {y}h{width}v{height}h-{width}z")
        x += width
    return "".join(parts)


def qr_picture(text: str) -> str:
    """A QR code as a picture by itself (SVG), for documents."""
    symbol = qr(text)
    ground = '<rect width="100%" height="100%" fill="#fff"/>'
    size = f"0 0 {symbol.width} {symbol.height}"
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{size}">{ground}<path d="{symbol.path}"/></svg>'
