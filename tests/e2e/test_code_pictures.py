"""The pictures of a code that a phone draws without the bank are those that scanners read."""

from __future__ import annotations

import random

import pytest
from browsing import Demo, Watched

from feiqian.scanning.pictures import codes_in
from feiqian.web.assets import url
from feiqian.web.symbols import Symbol, code128, qr
from tests.web.test_symbols import picture

CODES = 40
DRAW = """async ([module, codes]) => {
  const { pictures } = await import(module);
  return codes.map(pictures);
}"""


@pytest.fixture
def drawn(demo: Demo, watched: Watched) -> dict[str, dict[str, Symbol]]:
    """Both pictures of each code, as the browser draws them."""
    chance = random.Random(13)
    codes = ["88" + "".join(chance.choices("0123456789", k=18)) for _ in range(CODES)]
    codes += ["88000000000000000000", "88999999999999999999"]
    page = watched.open(demo.base + "/")
    found = page.evaluate(DRAW, [url("js/code_pictures.js"), codes])
    return {code: {name: Symbol(**it) for name, it in one.items()} for code, one in zip(codes, found, strict=True)}


def test_the_bars_are_those_that_the_bank_draws(drawn: dict[str, dict[str, Symbol]]) -> None:
    for code, found in drawn.items():
        assert found["bars"] == code128(code)


def test_the_qr_codes_are_read_by_a_scanner(drawn: dict[str, dict[str, Symbol]]) -> None:
    like = qr("88000000000000000000")
    for code, found in drawn.items():
        assert (found["qr"].width, found["qr"].height) == (like.width, like.height)
        assert codes_in(picture(found["qr"])) == [code]
    assert any(found["qr"] == qr(code) for code, found in drawn.items()), "where both choose the same mask"
