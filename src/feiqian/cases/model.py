"""A case as others see it: what a customer needs help with, and its time line."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from feiqian.ids import CustomerNumber
from feiqian.subjects import Subject


class Kind(StrEnum):
    """What a case is of."""

    STOLEN_PHONE = "stolen_phone"
    RECOVERY_HELP = "recovery_help"
    IDENTITY = "identity"
    MOVEMENT = "movement"  # something is wrong with a payment or a transfer
    ABUSE = "abuse"  # what somebody has written to the customer
    OTHER = "other"


class State(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class What(StrEnum):
    """What an entry of the time line tells."""

    OPENED = "opened"
    NOTE = "note"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Line:
    """An entry of the time line. `at` in Unix microseconds; what was written may be personal."""

    at: int
    by: Subject
    what: What
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Case:
    """A case of one customer; its time line oldest first."""

    id: str
    customer: CustomerNumber
    kind: Kind
    state: State
    opened_at: int
    timeline: tuple[Line, ...]
