"""Reads a sanctions list in the form that the United States' Office of Foreign Assets Control publishes.

`ofac_sdn.csv` (entries) and `ofac_alt.csv` (their other names): comma-separated, no header, "-0-" for nothing. Dates of
birth and nicknames stand in the remarks: "DOB 14 Mar 1961; alt. DOB circa 1960; a.k.a. 'THE HERON'."
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from feiqian.kyc.errors import SanctionsInvalid

SHIPPED = Path(__file__).parent / "sanctions"
_NOTHING, _PERSON = "-0-", "individual"
_QUOTED = re.compile(r"(?:a|f|n)\.k\.a\. '([^']+)'")
_BIRTH = re.compile(r"\bDOB ([^;.]*)")
_YEAR = re.compile(r"\b(1[89]\d\d|20\d\d)\b")


class Listed(NamedTuple):
    """One name of an entry. `births` are all years that the list knows, none if it knows none."""

    entry: str
    listed: str  # the entry's main name
    name: str
    person: bool
    births: frozenset[int]
    remarks: str


def read_list(folder: Path) -> Iterator[Listed]:
    """Every name, other name and nickname. Raises SanctionsInvalid with file and line."""
    entries: dict[str, Listed] = {}
    for row in _rows(folder / "ofac_sdn.csv", 12):
        remarks = "" if row[11] == _NOTHING else row[11]
        entry = Listed(row[0], row[1], row[1], row[2] == _PERSON, _births(remarks), remarks)
        entries[entry.entry] = entry
        yield entry
        yield from (entry._replace(name=nickname) for nickname in _QUOTED.findall(remarks))
    for row in _rows(folder / "ofac_alt.csv", 5):
        if row[0] in entries:
            yield entries[row[0]]._replace(name=row[3])


def _births(remarks: str) -> frozenset[int]:
    """A span ("1960 to 1963") is every year in it."""
    years: set[int] = set()
    for said in _BIRTH.findall(remarks):
        known = [int(year) for year in _YEAR.findall(said)]
        years.update(range(min(known), max(known) + 1) if " to " in said and known else known)
    return frozenset(years)


def _rows(path: Path, columns: int) -> Iterator[list[str]]:
    """The published files end with a lone control character, which is no row."""
    try:
        with path.open(encoding="utf-8", errors="replace", newline="") as file:
            reader = csv.reader(file)
            for row in reader:
                cells = [cell.strip() for cell in row]
                if len(cells) == columns:
                    yield cells
                elif any(cell not in ("", "\x1a") for cell in cells):
                    raise SanctionsInvalid(f"{path.name}:{reader.line_num}: {len(cells)} columns instead of {columns}")
    except (OSError, csv.Error) as error:
        raise SanctionsInvalid(f"{path.name} cannot be read: {error}") from None
