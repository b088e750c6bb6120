"""Screens names against a sanctions list, by likeness: a score from 0 to 100, and the entry that is like it; and the
numbers of documents, which are on the list or not.

Decides nothing. A list has some 20,000 names; they are kept normalised, and only those that share words like the ones
asked for are looked at more closely. `sanctions_list` reads the files.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

from rapidfuzz import fuzz, process

from feiqian.kyc.listed_numbers import forms, numbers_in
from feiqian.kyc.names import joined, normalised, words
from feiqian.kyc.sanctions_list import SHIPPED, Listed, read_list

MOST_MATCHES = 5
WORD_LIKENESS = 80.0  # below it, two words are two words
EXTRA_WORD = 4.0  # what a word costs that only one of two names has: a middle name left out, a patronymic
SHORTEST_WORD = 2  # letters; initials say nothing
OTHER_BIRTH = 10.0  # what it costs that all known years of birth are others
YEARS_APART = 2
SAME_NUMBER = 100.0


class Match(NamedTuple):
    """An entry whose name, other name or document is like the one that was asked for. `score`: 0 to 100."""

    entry: str  # the list's number of it
    listed: str  # its main name
    name: str  # the name that is alike, or the document with that number
    score: float
    remarks: str


class Sanctions:
    """The list in memory, read once. Raises SanctionsInvalid."""

    def __init__(self, folder: Path = SHIPPED) -> None:
        self._names = list(read_list(folder))
        self._sorted = [normalised(known.name) for known in self._names]
        self._joined = [joined(known.name) for known in self._names]
        self._having: dict[str, list[int]] = defaultdict(list)
        self._words = [_telling(known.name) if known.person else [] for known in self._names]
        for at, telling in enumerate(self._words):
            for word in telling:
                self._having[word].append(at)
        self._vocabulary = list(self._having)
        self._numbers = _numbers(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def find(self, numbers: Iterable[str]) -> list[Match]:
        """The persons who have a document with one of these numbers, each once, whatever the document and its country
        are called: that is for people to compare."""
        best: dict[str, Match] = {}
        for form in (form for number in numbers for form in forms(number)):
            for at, text in self._numbers.get(form, ()):
                known = self._names[at]
                best.setdefault(known.entry, Match(known.entry, known.listed, text, SAME_NUMBER, known.remarks))
        return list(best.values())[:MOST_MATCHES]

    def screen(self, name: str, at_least: float, birth: date | None = None) -> list[Match]:
        """The entries that are alike enough, the most alike first, each once, at most MOST_MATCHES.

        Whole names are compared with their words in alphabetical order, and written as one word; names of people also
        word by word, so that those left out, added or misspelt cost something, but do not hide the rest.
        """
        if not joined(name):
            return []
        found = [
            *self._whole(normalised(name), self._sorted, at_least),
            *self._whole(joined(name), self._joined, at_least),
            *self._by_words(_telling(name)),
        ]
        scored = [(self._names[at], likeness) for at, likeness in found]
        matches = [
            Match(known.entry, known.listed, known.name, round(likeness - _other_birth(known, birth), 1), known.remarks)
            for known, likeness in scored
        ]
        return most_alike(match for match in matches if match.score >= at_least)

    @staticmethod
    def _whole(name: str, names: list[str], at_least: float) -> Iterator[tuple[int, float]]:
        found = process.extract(name, names, scorer=fuzz.ratio, score_cutoff=at_least, limit=8 * MOST_MATCHES)
        return ((at, score) for _, score, at in found)

    def _by_words(self, asked: list[str]) -> Iterator[tuple[int, float]]:
        """Names that have every word of the shorter of the two, or one like it; two words at least."""
        alike: dict[int, dict[str, tuple[float, str]]] = defaultdict(dict)
        for word in asked:
            near = process.extract(word, self._vocabulary, scorer=fuzz.ratio, score_cutoff=WORD_LIKENESS, limit=None)
            for listed, score, _ in near:
                for at in self._having[listed]:
                    alike[at][word] = max(alike[at].get(word, (0.0, "")), (score, listed))
        for at, pairs in alike.items():
            here, there = len(asked), len(self._words[at])
            paired = {listed for _, listed in pairs.values()}
            if len(pairs) >= 2 and min(len(pairs), len(paired)) >= min(here, there):
                mean = sum(score for score, _ in pairs.values()) / len(pairs)
                yield at, mean - EXTRA_WORD * abs(here - there)


def most_alike(matches: Iterable[Match]) -> list[Match]:
    """Of each entry the match that is most alike; the most alike first, at most MOST_MATCHES."""
    best: dict[str, Match] = {}
    for match in matches:
        if match.entry not in best or match.score > best[match.entry].score:
            best[match.entry] = match
    return sorted(best.values(), key=lambda match: -match.score)[:MOST_MATCHES]


def _numbers(names: list[Listed]) -> dict[str, list[tuple[int, str]]]:
    having: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for at, known in enumerate(names):
        if known.person and known.name == known.listed:
            for found in numbers_in(known.remarks):
                having[found.number].append((at, found.text))
    return dict(having)


def _telling(name: str) -> list[str]:
    return list(dict.fromkeys(word for word in words(name) if len(word) >= SHORTEST_WORD))


def _other_birth(known: Listed, birth: date | None) -> float:
    if birth is None or not known.births or any(abs(year - birth.year) <= YEARS_APART for year in known.births):
        return 0.0
    return OTHER_BIRTH
