"""What the tests of the outbox share: an outbox with one topic whose sender does as it is told."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import text

from feiqian.db import BankDb
from feiqian.field_cipher import FieldCipher
from feiqian.ids import MESSAGE, new_id
from feiqian.outbox.model import Delivery, Schedule, Topic
from feiqian.outbox.service import Outbox
from feiqian.runtime.work import Work
from feiqian.testing.clock import ManualClock

HOUR = 3_600
SCHEDULE = Schedule((5, 300, 1_800), jitter=0.0)
BOTH = pytest.mark.parametrize("bank", ["sqlite", "postgres"], indirect=True)


@dataclass
class Scripted:
    """A topic's sender, or a channel's adapter: raises what its script says next, else takes what it is given.

    `script` is of one receiver, `always` of all that have none; `tried` has the kinds.
    """

    always: list[Exception | None] = field(default_factory=list)
    script: dict[str, list[Exception | None]] = field(default_factory=dict)
    taken: list[Any] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    closed: bool = False

    async def send(self, what: Any) -> None:
        self.tried.append(what.kind)
        script = self.script.get(getattr(what, "receiver", ""), self.always)
        error = script.pop(0) if script else None
        if error is not None:
            raise error
        self.taken.append(what)

    async def close(self) -> None:
        self.closed = True


@dataclass
class Bank:
    """An outbox with its database."""

    db: BankDb
    cipher: FieldCipher
    clock: ManualClock
    work: Work
    sender: Scripted = field(default_factory=Scripted)
    outbox: Outbox = None  # type: ignore[assignment]

    def build(self, sender: Any = None, **changes: Any) -> Outbox:
        """The outbox anew, as after a start."""
        self.sender = sender or Scripted()
        self.outbox = Outbox(self.db, self.cipher, self.clock, self.work, lambda: 1.0)
        self.outbox.declare(Topic(**({"name": "hook", "sender": self.sender, "schedule": SCHEDULE} | changes)))
        return self.outbox

    def delivery(self, kind: str, receiver: str = "a", **changes: Any) -> Delivery:
        now = self.clock.now()
        known = {"id": new_id(MESSAGE, now), "topic": "hook", "kind": kind, "receiver": receiver, "about": "shop:1"}
        known |= {"payload": b"secret " + kind.encode(), "expires_at": now + 100 * HOUR * 1_000_000}
        return Delivery(**(known | changes))

    def add(self, kind: str, receiver: str = "a", **changes: Any) -> str:
        delivery = self.delivery(kind, receiver, **changes)
        with self.db.write() as connection:
            return delivery.id if self.outbox.add(connection, delivery, self.clock.now()) else ""

    def deliver(self) -> int:
        return asyncio.run(self.outbox.deliver_due())

    def look(self) -> None:
        asyncio.run(self.outbox.look())

    def kinds(self) -> list[str]:
        """What the receivers have, in the order in which it came."""
        return [one.kind for one in self.sender.taken]

    def rows(self, what: str) -> list[Any]:
        with self.db.read() as connection:
            found = connection.execute(text(f"SELECT {what} FROM outbox_deliveries ORDER BY sequence")).all()
        return [row[0] if len(row) == 1 else tuple(row) for row in found]
