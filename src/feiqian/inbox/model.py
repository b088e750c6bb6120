"""A notice as its customer sees it, and what they want to have sent."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from feiqian.notify.quiet import Quiet
from feiqian.notify.values import Value


class Notice(NamedTuple):
    """`kind` and `values` make its words, as those of a message, for whoever reads it. `path`: of the page where it is
    acted on; "" if nothing is to be done. Times in Unix microseconds; `read_at` 0: not yet."""

    id: str
    kind: str
    values: Mapping[str, Value]
    path: str
    at: int
    read_at: int

    @property
    def is_new(self) -> bool:
        return not self.read_at


class Group(StrEnum):
    """Messages that somebody may do without. The values are on disk and on the wire."""

    PEOPLE = "people"  # money between people: requests, splits, what came, red packets
    SERVICES = "services"  # what becomes of their own orders: limits, locks, schedules, accounts


class Wish(NamedTuple):
    """`unsent`: groups that are kept in the inbox alone."""

    quiet: Quiet | None = None
    unsent: tuple[Group, ...] = ()


NOTHING_CHOSEN = Wish()
