"""Pictures that cost more than their pixels are refused by counting, in steps that do not grow beyond the bounds."""

from __future__ import annotations

import io
import random
import struct
import zlib

import pytest
from PIL import Image

from feiqian.workers import counting
from feiqian.workers.counting import MOST_CHUNKS, MOST_COMPRESSED_BYTES, MOST_SCANS, MOST_SEGMENTS, check_cost
from feiqian.workers.frames import Refused

PNG = b"\x89PNG\r\n\x1a\n"


def picture(format: str, mode: str = "RGB", **options: object) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((400, 400), 50).convert(mode).save(out, format, **options)
    return out.getvalue()


def with_scans(count: int) -> bytes:
    """A progressive JPEG whose last scan is repeated until it has so many."""
    whole = picture("JPEG", progressive=True)
    last = whole[whole.rindex(b"\xff\xda") : -2]
    return whole[:-2] + last * (count - whole.count(b"\xff\xda")) + b"\xff\xd9"


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def refused(file: bytes) -> bool:
    try:
        check_cost(file)
    except Refused as error:
        return error.reason == "too_costly"
    return False


def test_what_cameras_and_encoders_write_passes() -> None:
    for mode in ("L", "RGB", "CMYK"):
        for progressive in (False, True):
            assert not refused(picture("JPEG", mode, progressive=progressive, quality=98))
    assert not refused(picture("JPEG", restart_marker_blocks=1))
    assert not refused(picture("PNG", icc_profile=bytes(3000)))
    assert not refused(picture("WEBP", exif=b"Exif\0\0" + bytes(100)))
    assert not any(refused(file) for file in (b"", b"\xff\xd8", PNG, b"RIFF"))


def test_abuse_70_scans_are_counted_before_anything_is_decoded() -> None:
    assert not refused(with_scans(MOST_SCANS))
    assert refused(with_scans(MOST_SCANS + 1))
    assert refused(with_scans(3000))


def test_the_scans_of_a_thumbnail_inside_are_not_those_of_the_picture() -> None:
    thumbnail = with_scans(MOST_SCANS + 5)[:60_000]
    inside = b"\xff\xe1" + struct.pack(">H", len(thumbnail) + 2) + thumbnail
    whole = picture("JPEG")
    assert not refused(whole[:2] + inside + whole[2:])
    assert not refused(whole + with_scans(50))  # behind the end of the picture nobody decodes


@pytest.mark.parametrize(
    "filling",
    [b"\xff\xfe\x00\x02" * (MOST_SEGMENTS + 2), b"\xff\x01" * 40_000, b"\xff" * 100_000, b"junk" * 30_000],
)
def test_abuse_70_segments_and_padding_of_a_jpeg_are_bounded(filling: bytes) -> None:
    whole = picture("JPEG")
    assert refused(whole[:2] + filling + whole[2:])
    assert refused(b"\xff\xd8" + filling)


def test_abuse_70_chunks_are_bounded() -> None:
    head = PNG + chunk(b"IHDR", bytes(13))
    assert not refused(head + chunk(b"IDAT") * (MOST_CHUNKS - 2))
    assert refused(head + chunk(b"IDAT") * MOST_CHUNKS)
    assert refused(head + chunk(b"zTXt", bytes(MOST_COMPRESSED_BYTES // 2)) * 3)
    assert refused(head + chunk(b"iCCP", bytes(MOST_COMPRESSED_BYTES + 1)))
    webp = b"RIFF\0\0\0\0WEBP" + b"ANMF\0\0\0\0" * (MOST_CHUNKS + 1)
    assert refused(webp)


@pytest.mark.parametrize("file", [with_scans(100), with_scans(4000), b"\xff\xd8" + b"\xff\x01" * 10**6])
def test_counting_stops_at_the_bound_however_long_the_file_is(file: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = []
    walk = counting._jpeg_segments

    def counted(data: bytes):
        for step in walk(data):
            steps.append(step)
            yield step

    monkeypatch.setattr(counting, "_jpeg_segments", counted)
    assert refused(file)
    assert len(steps) <= MOST_SEGMENTS + 2


def test_damaged_files_are_counted_without_an_error() -> None:
    chance = random.Random(70)
    for format in ("JPEG", "PNG", "WEBP"):
        whole = picture(format)
        for _ in range(100):
            damaged = bytearray(whole[: chance.randrange(len(whole))])
            for _ in range(5):
                damaged[chance.randrange(len(damaged) or 1) : 1] = chance.randbytes(2)
            refused(bytes(damaged))
