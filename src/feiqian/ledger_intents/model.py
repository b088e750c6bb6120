"""What an intent is, and what a feature declares of a kind of intents."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection

MAX_PAYLOAD = 500  # characters of JSON
MAX_SUBJECT = 40  # characters: an id fits, or a subject


class LedgerIntent(NamedTuple):
    """One thing to do. `subject`: whom or what it is about, of which one kind has one at a time."""

    id: str
    kind: str
    subject: str
    payload: Any  # of the type that its kind declares
    created_at: int  # Unix time in microseconds


def _never_refused(_connection: Connection, intent: LedgerIntent, why: str, _now: int) -> None:
    raise RuntimeError(f"an intent of the kind {intent.kind} was refused: {why}")


@dataclass(frozen=True, slots=True)
class IntentKind:
    """A kind of intents and what becomes of one. The name is on disk and never changes.

    `in_ledger` may be called again after a crash and must then change nothing more: it posts under ids that are derived
    from the intent. It raises IntentRefused for what the ledger refuses for good. `complete` works in the transaction
    that removes the intent, as does `refuse`, which is told why; `committed` then follows in the event loop, unless
    whoever carries out has left.
    """

    name: str
    payload: type[msgspec.Struct]
    in_ledger: Callable[[LedgerIntent], Awaitable[None]]
    complete: Callable[[Connection, LedgerIntent, int], None]
    committed: Callable[[LedgerIntent], None] = lambda _: None
    refuse: Callable[[Connection, LedgerIntent, str, int], None] = _never_refused
