"""A notice as its customer sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Notice(NamedTuple):
    """`kind` and `values` make its words, as those of a message. `path`: of the page where it is acted on; "" if
    nothing is to be done. Times in Unix microseconds; `read_at` 0: not yet."""

    id: str
    kind: str
    values: Mapping[str, str]
    path: str
    at: int
    read_at: int

    @property
    def is_new(self) -> bool:
        return not self.read_at
