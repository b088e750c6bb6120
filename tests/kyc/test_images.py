"""Pictures of documents: what is taken, what is refused, and that nothing but pixels stays."""

from __future__ import annotations

import io
import random
import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

import feiqian
from feiqian.kyc.errors import ImageRefused
from feiqian.kyc.images import FILE_BYTES, FILES, LONGEST_SIDE, accepted, encode, refused_by
from feiqian.workers.counting import MOST_SCANS
from feiqian.workers.frames import Refused

Picture = Callable[..., bytes]
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def refusal(*files: bytes) -> str:
    with pytest.raises(ImageRefused) as refused:
        accepted(files)
    return refused.value.reason


def opened(file: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(file))
    picture.load()
    return picture


def png(width: int, height: int, pixels: bytes) -> bytes:
    """A grey picture that says it has such a size, whatever it holds."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def test_which_picture_is_refused_is_said_by_the_worker_too(picture: Picture) -> None:
    with pytest.raises(Refused) as refused:
        encode([picture("JPEG"), SVG])
    error = refused_by(refused.value.reason)
    assert (error.reason, error.place) == ("not_a_picture", 1)
    assert (refused_by("too_many").reason, refused_by("too_many").place) == ("too_many", None)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_pictures_are_taken_and_kept_as_jpeg(picture: Picture, format: str) -> None:
    (kept,) = accepted([picture(format)])
    assert (opened(kept).format, opened(kept).size) == ("JPEG", (640, 480))


def test_a_large_picture_is_made_smaller(picture: Picture) -> None:
    (kept,) = accepted([picture("JPEG", (4000, 3000))])
    assert opened(kept).size == (LONGEST_SIDE, LONGEST_SIDE * 3 // 4)


def test_transparency_and_other_modes_become_plain_pixels() -> None:
    for mode in ("RGBA", "LA", "P", "I;16", "1", "L"):
        out = io.BytesIO()
        Image.new(mode, (400, 400)).save(out, "PNG")
        assert opened(accepted([out.getvalue()])[0]).mode == "RGB"


def test_nothing_but_pixels_stays(picture: Picture) -> None:
    exif = Image.Exif()
    exif[0x010E] = "CANARY described"
    exif[0x8825] = {1: "N", 2: (39.9, 0, 0)}
    for file in (
        picture("JPEG", exif=exif, comment=b"CANARY commented"),
        picture("PNG", exif=exif),
        picture("WEBP", exif=exif, xmp=b"<x>CANARY</x>"),
        picture("JPEG") + b"PK\x03\x04 CANARY archive",
        picture("PNG") + b"<script>CANARY</script>",
    ):
        (kept,) = accepted([file])
        assert b"CANARY" not in kept
        assert not opened(kept).getexif()
        assert kept.endswith(b"\xff\xd9")


def test_a_picture_taken_sideways_is_set_upright(picture: Picture) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    (kept,) = accepted([picture("JPEG", exif=exif)])
    assert opened(kept).size == (480, 640)


def test_what_a_file_is_not_named_after_but_is_counts(picture: Picture) -> None:
    for file in (b"", b"not a picture", SVG, b"%PDF-1.7\n" + picture("JPEG"), b"GIF89a" + picture("JPEG")):
        assert refusal(file) == "not_a_picture"
    for format in ("GIF", "BMP", "TIFF", "ICO", "PPM", "PDF"):
        assert refusal(picture(format)) == "not_a_picture"
    assert refusal(picture("GIF", (1, 1))) == "not_a_picture"


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_a_truncated_picture_is_refused(picture: Picture, format: str) -> None:
    file = picture(format)
    for part in (0.02, 0.5, 0.9):
        assert refusal(file[: int(len(file) * part)]) == "not_a_picture"


def test_too_large_too_many_and_too_small_are_told_apart(picture: Picture) -> None:
    assert refusal(bytes(FILE_BYTES + 1)) == "too_large"
    assert refusal(*[picture()] * (FILES + 1)) == "too_many"
    assert refusal() == "not_a_picture"
    assert refusal(picture("PNG", (1, 1))) == "too_small"
    assert refusal(picture("PNG", (299, 600))) == "too_small"
    assert refusal(picture("PNG", (300, 2000))) == "too_small"  # a strip


def test_a_decompression_bomb_is_refused_before_a_pixel_is_decoded() -> None:
    assert refusal(png(50_000, 50_000, b"\0" * 1000)) == "too_many_pixels"
    assert refusal(png(9_000, 9_000, b"\0" * 1000)) == "too_many_pixels"
    assert refusal(png(6_500, 6_500, b"\0" * (6_501 * 6_500))) == "too_many_pixels"


def test_one_bad_picture_refuses_all(picture: Picture) -> None:
    assert refusal(picture(), SVG) == "not_a_picture"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_a_damaged_picture_is_taken_or_refused_never_an_error(picture: Picture, format: str) -> None:
    chance, whole = random.Random(8), picture(format, (320, 320))
    taken = refused = 0
    for _ in range(120):
        damaged = bytearray(whole)
        for _ in range(chance.choice((1, 5))):
            at = chance.randrange(chance.choice((64, len(damaged))))
            damaged[at : at + chance.randrange(2)] = chance.randbytes(chance.randrange(3))
        try:
            accepted([bytes(damaged)])
        except ImageRefused:
            refused += 1
        else:
            taken += 1
    assert taken + refused == 120
    assert refused > 10


def repeated(scans: int) -> bytes:
    """A progressive JPEG with its last scan repeated until it has so many."""
    out = io.BytesIO()
    Image.effect_noise((400, 400), 50).convert("RGB").save(out, "JPEG", progressive=True)
    whole = out.getvalue()
    return whole[:-2] + whole[whole.rindex(b"\xff\xda") : -2] * (scans - whole.count(b"\xff\xda")) + b"\xff\xd9"


def test_abuse_70_a_progressive_picture_of_many_scans_is_refused() -> None:
    assert accepted([repeated(MOST_SCANS)])
    assert refusal(repeated(MOST_SCANS + 1)) == "too_costly"
    assert refusal(repeated(100)) == "too_costly"


def test_abuse_70_pictures_of_strangers_never_use_the_pool_of_hashes() -> None:
    package = Path(feiqian.__file__).parent
    paths = [
        *(package / "identity").glob("*.py"),
        *(package / "workers").glob("*.py"),
        package / "scanning/pictures.py",
    ]
    assert [path.name for path in paths if ".heavy(" in path.read_text()] == []


def test_only_workers_open_pictures_of_strangers() -> None:
    package = Path(feiqian.__file__).parent
    texts = {path.relative_to(package).as_posix(): path.read_text() for path in package.rglob("*.py")}
    opening = {path for path, text in texts.items() if "Image.open(" in text}
    assert opening == {"kyc/images.py", "scanning/pictures.py"}
    calling = re.compile(r"(?<!def )\b(accepted|codes_in)\(")
    assert {path for path, text in texts.items() if calling.search(text)} == opening  # in their own jobs for workers
