"""Fields of forms are as long as what their checks take: no template has a number of its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from feiqian import features
from feiqian.auth.api import shapes
from feiqian.auth.challenges import codes
from feiqian.kyc.mrz import LINE_LENGTH
from feiqian.notify import mail_addresses
from feiqian.web import lengths
from feiqian.web.forms import LONGEST_VALUE

LONGEST = {**lengths.LONGEST, **features.longest()}

TEMPLATES = sorted((Path(__file__).parents[2] / "src/feiqian").glob("*/templates/**/*.html"))
OF_NUMBER = re.compile(r"maxlength=\"?([0-9]+)|pattern=\"")
NAMED = re.compile(r"longest\.([a-z]+)")


def test_no_template_has_a_length_of_its_own(obeyed: Callable[..., None]) -> None:
    findings = []
    for template in TEMPLATES:
        for number, line in enumerate(template.read_text().splitlines(), 1):
            if OF_NUMBER.search(line) or any(name not in LONGEST for name in NAMED.findall(line)):
                findings.append(f"{template.parts[-3]}/{template.name}:{number} {line.strip()[:80]}")
    obeyed(
        findings,
        "A field that is shorter than what its check takes cuts what would be right, and nobody is told.",
        "write maxlength=longest.<name>; the names are in web/lengths.py and pages.LONGEST, of the bounds of checks.",
    )


def test_what_is_sent_in_groups_fits_with_all_that_is_between_its_digits() -> None:
    assert LONGEST["code"] >= 2 * len(codes.new_code(long=True))
    assert LONGEST["mrz"] >= 2 * LINE_LENGTH + 2
    assert LONGEST["email"] == mail_addresses.LONGEST
    assert max(LONGEST.values()) <= LONGEST_VALUE  # forms are cut there


def test_apps_and_pages_take_as_much() -> None:
    def most(shape: object) -> int:
        return shape.__metadata__[0].max_length  # type: ignore[attr-defined, no-any-return]

    assert most(shapes.Email) == LONGEST["email"]
    assert most(shapes.Secret) == LONGEST["password"]
    assert most(shapes.PersonName) == LONGEST["name"]
    assert most(shapes.Note) == LONGEST["note"]
    assert most(shapes.Label) == LONGEST["label"]
    assert most(shapes.DocumentNumber) <= LONGEST["number"]
    assert most(shapes.AnswerText) >= LONGEST["code"]
