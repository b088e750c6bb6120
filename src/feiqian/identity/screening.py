"""Screens names against a sanctions list, by likeness: a score from 0 to 100, and the entry that is like it.

Reads the form of the list that the United States' Office of Foreign Assets Control publishes: `ofac_sdn.csv` (entries)
and `ofac_alt.csv` (their other names), comma-separated, without a header, "-0-" for nothing. Decides nothing.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rapidfuzz import fuzz, process

from feiqian.identity.errors import SanctionsInvalid
from feiqian.identity.names import joined, normalised

SHIPPED = Path(__file__).parent / "sanctions"
MOST_MATCHES = 5
_NOTHING = "-0-"
_QUOTED = re.compile(r"(?:a|f|n)\.k\.a\. '([^']+)'")


class Match(NamedTuple):
    """An entry whose name, or other name, is like the one that was asked for. `score`: 0 to 100."""

    entry: str  # the list's number of it
    listed: str  # its main name
    name: str  # the name that is alike
    score: float
    remarks: str


class _Name(NamedTuple):
    entry: str
    listed: str
    name: str
    remarks: str


class Sanctions:
    """The list in memory, read once."""

    def __init__(self, folder: Path = SHIPPED) -> None:
        self._names = list(_names(folder))
        self._sorted = [normalised(known.name) for known in self._names]
        self._joined = [joined(known.name) for known in self._names]

    def __len__(self) -> int:
        return len(self._names)

    def screen(self, name: str, at_least: float) -> list[Match]:
        """The entries that are alike enough, the most alike first, each once, at most MOST_MATCHES."""
        if not joined(name):
            return []
        best: dict[str, Match] = {}
        for at, score in [
            *self._like(normalised(name), self._sorted, at_least),
            *self._like(joined(name), self._joined, at_least),
        ]:
            known = self._names[at]
            if known.entry not in best or score > best[known.entry].score:
                best[known.entry] = Match(known.entry, known.listed, known.name, round(score, 1), known.remarks)
        return sorted(best.values(), key=lambda match: -match.score)[:MOST_MATCHES]

    @staticmethod
    def _like(name: str, names: list[str], at_least: float) -> Iterator[tuple[int, float]]:
        found = process.extract(name, names, scorer=fuzz.ratio, score_cutoff=at_least, limit=4 * MOST_MATCHES)
        return ((at, score) for _, score, at in found)


def _names(folder: Path) -> Iterator[_Name]:
    entries: dict[str, tuple[str, str]] = {}
    for row in _rows(folder / "ofac_sdn.csv", 12):
        number, name, remarks = row[0], row[1], "" if row[11] == _NOTHING else row[11]
        entries[number] = name, remarks
        for known in (name, *_QUOTED.findall(remarks)):
            yield _Name(number, name, known, remarks)
    for row in _rows(folder / "ofac_alt.csv", 5):
        if row[0] in entries:
            listed, remarks = entries[row[0]]
            yield _Name(row[0], listed, row[3], remarks)


def _rows(path: Path, columns: int) -> Iterator[list[str]]:
    """Raises SanctionsInvalid. The published files end with a lone control character, which is no row."""
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
