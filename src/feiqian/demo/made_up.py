"""A person to register as, who does not exist: a name, an identity number that passes, and a picture of a document."""

from __future__ import annotations

import io
import random
from datetime import date, timedelta
from functools import cache

import msgspec
from PIL import Image, ImageDraw, ImageFont
from stdnum.cn import ric

from feiqian.demo.sample_people import sample_names

PLACE = "110105"  # Chaoyang in Beijing
OLDEST, YOUNGEST = date(1950, 1, 1), date(2004, 12, 31)
SIZE = 1012, 638  # of a card of 85.6 by 54 millimetres at 300 dots an inch
PAPER, INK, SOFT, ACCENT = "#eef2fb", "#171c40", "#707795", "#c8d2f0"


class MadeUpPerson(msgspec.Struct, frozen=True):
    """`number` is of a Chinese identity card (GB 11643). It may be taken already: then another is made up."""

    name: str
    number: str


def made_up_person(chance: random.Random) -> MadeUpPerson:
    """One of millions."""
    birth = OLDEST + timedelta(days=chance.randrange((YOUNGEST - OLDEST).days))
    body = f"{PLACE}{birth:%Y%m%d}{chance.randrange(1, 1000):03}"
    (name,) = sample_names(1, chance.randrange(1 << 32))
    return MadeUpPerson(name, body + ric.calc_check_digit(f"{body}0"))  # which looks at all but the last


@cache
def specimen() -> bytes:
    """A PNG that looks like a card from far enough, and says on itself that it is none."""
    picture = Image.new("RGB", SIZE, PAPER)
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((24, 24, SIZE[0] - 24, SIZE[1] - 24), 40, outline=ACCENT, width=6)
    pen.ellipse((756, 150, 896, 290), fill=ACCENT)
    pen.pieslice((696, 310, 956, 620), 180, 360, fill=ACCENT)
    for line, top in enumerate(range(150, 450, 74)):
        pen.rounded_rectangle((84, top, 560 - 90 * (line % 3), top + 26), 13, fill=ACCENT)
    pen.text((84, 62), "SPECIMEN", INK, ImageFont.load_default(52))
    pen.text((84, 530), "Made up for the Feiqian demo. No document.", SOFT, ImageFont.load_default(30))
    written = io.BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()
