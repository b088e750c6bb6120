"""What a picture will cost to decode, counted from its bytes before anything decodes them. Linear in the bytes.

A decoder's work is bounded by pixels times passes. Pixels are in the head; here the passes are counted (the scans of a
JPEG, the chunks of a PNG or WebP), and what else in a file is work without being pixels.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from feiqian.workers.frames import Refused

MOST_SCANS = 20  # of a JPEG: cameras write up to 12, libjpeg's own script for four colours 18
MOST_SEGMENTS = 1_024  # of a JPEG, before and between its scans
MOST_CHUNKS = 8_192  # of a PNG or WebP: 8 MB of pixels in the smallest chunks that encoders write
MOST_COMPRESSED_BYTES = 1024 * 1024  # of a PNG's texts and colour profile, or of what tells of the picture in a WebP
MOST_PADDING_BYTES = 65_536  # between a JPEG's segments
COSTLY = "too_costly"

_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)  # but stuffed bytes, restarts and padding
_TEM, _EOI, _SOS = 0x01, 0xD9, 0xDA
_BESIDE_PIXELS = frozenset({b"zTXt", b"iTXt", b"tEXt", b"iCCP", b"eXIf", b"EXIF", b"XMP ", b"ICCP"})
_PNG, _RIFF = b"\x89PNG\r\n\x1a\n", b"RIFF"


def check_cost(file: bytes) -> None:
    """Raises Refused (too_costly) for a JPEG, PNG or WebP that is more work than its pixels are.

    What is none of these, or is damaged, passes: the decoder refuses it.
    """
    if file.startswith(b"\xff\xd8"):
        _check_jpeg(file)
    elif file.startswith(_PNG):
        _check_chunks(_png_chunks(file))
    elif file.startswith(_RIFF):
        _check_chunks(_riff_chunks(file))


def _check_jpeg(file: bytes) -> None:
    scans = padding = 0
    for segments, (marker, skipped) in enumerate(_jpeg_segments(file)):
        scans += marker == _SOS
        padding += skipped
        if scans > MOST_SCANS or segments > MOST_SEGMENTS or padding > MOST_PADDING_BYTES:
            raise Refused(COSTLY)


def _jpeg_segments(file: bytes) -> Iterator[tuple[int, int]]:
    """Each marker up to the end of the picture, and how many bytes stand before it that belong to nothing."""
    at, in_scan = 2, False
    while at < len(file):
        found = _MARKER.search(file, at)
        if found is None:
            yield 0, 0 if in_scan else len(file) - at
            return
        marker = file[found.start() + 1]
        if marker == _EOI:
            return
        yield marker, 0 if in_scan else found.start() - at
        at, in_scan = found.end(), marker == _SOS
        if marker != _TEM:  # which alone has no length; the decoder refuses a second SOI
            at += int.from_bytes(file[at : at + 2], "big")


def _check_chunks(chunks: Iterator[tuple[bytes, int]]) -> None:
    beside = 0
    for count, (kind, size) in enumerate(chunks):
        beside += size if kind in _BESIDE_PIXELS else 0
        if count >= MOST_CHUNKS or beside > MOST_COMPRESSED_BYTES:
            raise Refused(COSTLY)


def _png_chunks(file: bytes) -> Iterator[tuple[bytes, int]]:
    at = len(_PNG)
    while at + 8 <= len(file):
        size, kind = int.from_bytes(file[at : at + 4], "big"), file[at + 4 : at + 8]
        yield kind, size
        if kind == b"IEND":
            return
        at += 12 + size


def _riff_chunks(file: bytes) -> Iterator[tuple[bytes, int]]:
    at = 12
    while at + 8 <= len(file):
        size = int.from_bytes(file[at + 4 : at + 8], "little")
        yield file[at : at + 4], size
        at += 8 + size + size % 2
