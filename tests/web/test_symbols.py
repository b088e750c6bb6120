"""Payment codes as pictures: what is drawn is what is read back, by the reader that the till uses."""

from __future__ import annotations

import io
import re

import pytest
from litestar.testing import TestClient
from PIL import Image, ImageDraw

from feiqian.scanning.pictures import MAX_FRAME_BYTES, FrameInvalid, codes_in
from feiqian.web.symbols import Symbol, code128, qr

CODE = "88012345678901234567"
RUN = re.compile(r"M(\d+) (\d+)h(\d+)v(\d+)h-\d+z")


def picture(symbol: Symbol, scale: int = 4, kind: str = "PNG", ground: int = 255) -> bytes:
    """The symbol's path, drawn as a browser draws it."""
    image = Image.new("L", (symbol.width * scale, symbol.height * scale), ground)
    draw = ImageDraw.Draw(image)
    for x, y, width, height in (map(int, run) for run in RUN.findall(symbol.path)):
        draw.rectangle((x * scale, y * scale, (x + width) * scale - 1, (y + height) * scale - 1), fill=0)
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize("make", [qr, code128])
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("code", [CODE, "88999999999999999999", "88000000000000000000"])
def test_what_is_drawn_is_read_back(make, kind: str, code: str) -> None:
    assert codes_in(picture(make(code), kind=kind)) == [code]


def test_a_qr_code_has_its_quiet_zone() -> None:
    symbol = qr(CODE)
    assert symbol.width == symbol.height == 29  # version 1, and four modules on each side
    assert min(int(x) for x, *_ in RUN.findall(symbol.path)) == 4


@pytest.mark.parametrize("frame", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 40, b"x" * (MAX_FRAME_BYTES + 1)])
def test_what_is_no_frame_is_refused(frame: bytes) -> None:
    with pytest.raises(FrameInvalid):
        codes_in(frame)


def test_a_picture_that_swells_is_refused() -> None:
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    assert len(out.getvalue()) < MAX_FRAME_BYTES
    with pytest.raises(FrameInvalid):
        codes_in(out.getvalue())


def test_other_kinds_of_pictures_are_refused() -> None:
    out = io.BytesIO()
    Image.new("L", (20, 20)).save(out, "GIF")
    with pytest.raises(FrameInvalid):
        codes_in(out.getvalue())


def test_the_till_reads_frames(client: TestClient) -> None:
    headers = {"Content-Type": "image/png"}
    assert client.post("/till/mer_cafe/frames", content=picture(qr(CODE)), headers=headers).json() == {"code": CODE}
    other = picture(qr("https://example.test/pay"))
    assert client.post("/till/mer_cafe/frames", content=other, headers=headers).json() == {"code": None}
    assert client.post("/till/mer_cafe/frames", content=b"nothing", headers=headers).status_code == 400
