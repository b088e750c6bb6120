"""Files of comma-separated values (RFC 4180) whose first line names the columns."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

MOST_LINES = 1_000_000
Rows = Iterable[tuple[int, dict[str, str]]]  # each line's number, from 1, and its fields by name


class FileInvalid(Exception):
    """The file as a whole cannot be read. Says why."""


class WrongLine(NamedTuple):
    """Why a line cannot be taken in: a word of what reads it."""

    at: int
    reason: str


def rows(text: Iterable[str], columns: Sequence[str], needed: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Each line with its fields by name, all of `columns`; without any if it has too few or too many.

    Raises FileInvalid.
    """
    reader = csv.reader(text, strict=True)
    try:
        heads = [head.strip() for head in next(reader, [])]
        unknown, missing = sorted(set(heads) - set(columns)), [name for name in needed if name not in heads]
        if unknown or missing or len(set(heads)) < len(heads):
            raise FileInvalid(f"the first line names the columns, each once: {', '.join(columns)}")
        empty = dict.fromkeys(columns, "")
        for row in reader:
            if reader.line_num > MOST_LINES:
                raise FileInvalid(f"a file has at most {MOST_LINES:,} lines")
            if row:
                same = len(row) == len(heads)
                yield reader.line_num, empty | {h: v.strip() for h, v in zip(heads, row, strict=same)} if same else {}
    except csv.Error as error:
        raise FileInvalid(f"line {reader.line_num} is not written as CSV (RFC 4180): {error}") from None
    except UnicodeDecodeError:
        raise FileInvalid("the file is not text in UTF-8") from None
