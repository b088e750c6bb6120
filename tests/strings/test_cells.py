"""Cells of spreadsheets: no text of anybody's is a formula there."""

from __future__ import annotations

import pytest

from feiqian.strings.cells import cell


@pytest.mark.parametrize(
    "written",
    [
        *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠SUM(A1)"),
        *(" =1", "　=1", "\u00a0=1", "\u200b=1", "\ufeff+1", "\u2060-1", "  \u200e@x", "\ttext"),
    ],
)
def test_abuse_63_what_a_spreadsheet_takes_for_a_formula_begins_with_an_apostrophe(written: str) -> None:
    assert cell(written) == f"'{written}"


@pytest.mark.parametrize("written", ["", "Tea", "柠檬茶", "1 + 1", "a=b", "'quoted", "−5 (a minus sign)", "50 % off"])
def test_all_else_stays_as_it_is(written: str) -> None:
    assert cell(written) == written
