"""Random histories over a small space of ids, so that collisions, retries, expiries and new days are everywhere.

A history is made from its seed alone: it does not look at an engine, so that any number of them can be told the same.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from feiqian.ledger.engine import EVENT, EVENT_SIZE, LINKED, NO_ID, UNLIMITED, Type

WEIGHTS = {
    Type.ACCOUNT: 12,
    Type.TRANSFER: 30,
    Type.HOLD: 14,
    Type.CAPTURE: 8,
    Type.RELEASE: 5,
    Type.SWEEP: 6,
    Type.FREEZE: 2,
    Type.UNFREEZE: 3,
    Type.CLOSE: 1,
    Type.ALLOWANCE: 5,
    Type.USE: 9,
    Type.RESTORE: 4,
    Type.CLAIM: 10,
}
TYPES, TYPE_WEIGHTS = list(WEIGHTS), list(WEIGHTS.values())
HUGE = (UNLIMITED, UNLIMITED - 1, 1 << 63, (1 << 63) - 1, UNLIMITED - 100)


class Batch(NamedTuple):
    """What is told to the engines at once."""

    events: bytes
    seconds: int
    day: int

    def chains(self) -> list[bytes]:
        """The batch, cut where chains end."""
        cuts, start = [], 0
        for at in range(0, len(self.events), EVENT_SIZE):
            if not self.events[at + 1] & LINKED:
                cuts.append(self.events[start : at + EVENT_SIZE])
                start = at + EVENT_SIZE
        return [*cuts, self.events[start:]] if start < len(self.events) else cuts


class History:
    """Batches without end. The windows from which ids are taken move on, so that there is always something new."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._told = 0
        self._lately: deque[tuple] = deque(maxlen=30)
        self._seconds, self._date = 1_800_000_000, date(2026, 12, 27)

    def __iter__(self) -> Iterator[Batch]:
        while True:
            self._move_time()
            events = b"".join(self._event() for _ in range(self._random.choice((1, 1, 2, 3, 5, 8, 40))))
            yield Batch(events, self._seconds - self._rarely(20, 7), self._day())

    def _day(self) -> int:
        return self._date.year * 10000 + self._date.month * 100 + self._date.day

    def _move_time(self) -> None:
        if self._random.random() < 0.5:
            self._seconds += self._random.choice((1, 1, 2, 5, 30))
        if self._random.random() < 0.05:
            self._date += timedelta(days=self._random.choice((1, 1, 1, 5, 40)))

    def _rarely(self, one_in: int, value: int, otherwise: int = 0) -> int:
        return value if self._random.randrange(one_in) == 0 else otherwise

    def _id(self, of: bytes, window: int, moves_every: int) -> bytes:
        if self._random.randrange(200) == 0:
            return NO_ID
        number = self._told // moves_every + self._random.randrange(window)
        return of + number.to_bytes(15, "big")

    def account_id(self) -> bytes:
        return self._id(b"A", 6, 300)

    def transfer_id(self) -> bytes:
        return self._id(b"T", 30, 2)

    def allowance_id(self) -> bytes:
        return self._id(b"W", 4, 300)

    def claim_id(self) -> bytes:
        return self._id(b"K", 12, 20)

    def _amount(self) -> int:
        kind = self._random.randrange(100)
        if kind < 4:
            return 0
        if kind < 6:
            return self._random.choice(HUGE)
        return self._random.choice((1, 2, 5, 10, 10, 50, 100))

    def _event(self) -> bytes:
        self._told += 1
        fields = self._again() if self._lately and self._random.random() < 0.1 else self._new()
        self._lately.append(fields)
        return EVENT.pack(*fields)

    def _again(self) -> tuple:
        """What was asked lately, as it was or with one thing changed."""
        fields = list(self._random.choice(self._lately))
        changed = {2: 1, 4: self._amount(), 6: self.account_id(), 7: self.account_id(), 8: self._reference()}
        if (at := self._random.choice((1, 2, 4, 6, 7, 8))) in changed:
            fields[at] = changed[at]
        return tuple(fields)

    def _new(self) -> tuple:
        type_ = self._random.choices(TYPES, TYPE_WEIGHTS)[0]
        flags = LINKED if self._random.random() < 0.3 else 0
        fields = {"kind": self._rarely(8, 1), "aux": 0, "amount": self._amount(), "id": NO_ID}
        fields |= {"debit": NO_ID, "credit": NO_ID, "reference": self._reference(), **self._of_type(type_)}
        order = "kind", "aux", "amount", "id", "debit", "credit", "reference"
        number = self._rarely(300, self._random.choice((0, 14, 15, 16, 17, 18, 255)), type_)
        return number, flags | self._rarely(300, 2), *(fields[name] for name in order)

    def _reference(self) -> bytes:
        return self._random.choice((NO_ID, NO_ID, NO_ID, NO_ID, b"another order...", b"x" * 16))

    def _of_type(self, type_: Type) -> dict[str, object]:
        r = self._random
        match type_:
            case Type.ACCOUNT:
                overdraft = r.choice((0, 0, 100, UNLIMITED, UNLIMITED, UNLIMITED - 5))
                return {
                    "id": self.account_id(),
                    "aux": r.choice((156, 156, 156, 156, 156, 156, 156, 978, 0, 1000)),
                    "amount": overdraft,
                }
            case Type.TRANSFER | Type.SWEEP | Type.HOLD:
                timeout = r.choice((0, 0, 1, 3, 10, 60, 2**32 - 1))
                between = {"debit": self.account_id(), "credit": self.account_id()}
                return {"id": self.transfer_id(), "aux": timeout, **between}
            case Type.CAPTURE | Type.RELEASE:
                holds = [fields[5] for fields in self._lately if fields[0] == Type.HOLD]
                return {"id": self.transfer_id(), "debit": r.choice(holds or [self.transfer_id()])}
            case Type.FREEZE | Type.UNFREEZE:
                return {"id": self.account_id(), "kind": r.choice((1, 2, 3, 3, 0, 4))}
            case Type.CLOSE:
                return {"id": self.account_id()}
            case Type.ALLOWANCE:
                return {"id": self.allowance_id(), "kind": r.choice((1, 1, 2, 3, 4, 0, 5))}
            case Type.USE:
                return {"id": self.allowance_id()}
            case Type.RESTORE:
                day = self._day()
                return {"id": self.allowance_id(), "aux": r.choice((day, day, day // 100, day // 10000, 0, day - 1))}
            case _:
                until = self._seconds + r.choice((-1, 0, 1, 2, 5, 60))
                return {"id": self.claim_id(), "amount": until}
