"""Intent, then ledger, then completion: each is durable before the next, and a sweep finishes what is left.

An intent is written in the transaction that decides it. A failure of any sort leaves it pending, unless the ledger
refuses it for good; it is carried out again until it is completed, however often the process ends in between.
"""

from __future__ import annotations

import asyncio
from weakref import WeakValueDictionary

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, delete, insert, select
from sqlalchemy.exc import IntegrityError

from feiqian.clock import Clock
from feiqian.db import BankDb
from feiqian.errors import LedgerError
from feiqian.ids import INTENT, new_id
from feiqian.ledger_intents.errors import IntentPending, IntentRefused
from feiqian.ledger_intents.model import MAX_PAYLOAD, MAX_SUBJECT, IntentKind, LedgerIntent
from feiqian.ledger_intents.tables import ledger_intents
from feiqian.runtime import logs
from feiqian.runtime.alarms import Alarm
from feiqian.runtime.metrics import Metrics
from feiqian.runtime.transactions import Transactions
from feiqian.runtime.work import Work

EVERY_SECONDS = 10.0
_c = ledger_intents.c
_log = logs.get("feiqian.ledger_intents")


class LedgerIntents:
    """The intents of one bank. Methods with a connection block, in the caller's transaction."""

    def __init__(self, db: BankDb, clock: Clock, work: Work) -> None:
        self._clock, self.transactions = clock, Transactions(db, work)
        self._kinds: dict[str, IntentKind] = {}
        self.failed, self.alarm = 0, Alarm("ledger_intents_failed")  # of the last sweep
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # kept while anybody has one

    def declare(self, *kinds: IntentKind) -> None:
        """Take in the kinds of a feature. Each name is declared once."""
        for kind in kinds:
            if kind.name in self._kinds:
                raise ValueError(f"the kind {kind.name} is declared already")
            self._kinds[kind.name] = kind

    def measure(self, metrics: Metrics) -> None:
        """Register the gauge of what could not be carried out, and its alarm."""
        what = "decisions that the last sweep could not carry out"
        metrics.gauge("feiqian_ledger_intents_failed", what.capitalize(), lambda: self.failed)
        self.alarm.measure(metrics, f"there are {what}")

    def turn(self, subject: str) -> asyncio.Lock:
        """Keep everything else that changes the ledger for this subject waiting: `async with intents.turn(subject)`."""
        turn = self._turns.get(subject)
        if turn is None:
            turn = self._turns[subject] = asyncio.Lock()
        return turn

    # --- in the caller's transaction -------------------------------------------------------------------------------

    def put(
        self, connection: Connection, kind: str, subject: str, payload: msgspec.Struct, *, instead: bool = False
    ) -> LedgerIntent:
        """Write what is about to be done; `instead` of one that is pending. Raises IntentPending."""
        text, now = msgspec.json.encode(payload).decode(), self._clock.now()
        if len(text) > MAX_PAYLOAD:
            raise ValueError(f"a payload of {len(text)} characters")
        if len(subject) > MAX_SUBJECT:  # SQLite would take it, and PostgreSQL would not
            raise ValueError(f"a subject of {len(subject)} characters")
        if instead:
            self.withdraw(connection, kind, subject)
        intent = LedgerIntent(new_id(INTENT, now), kind, subject, payload, now)
        try:
            with connection.begin_nested():
                connection.execute(insert(ledger_intents).values(intent._replace(payload=text)._asdict()))
        except IntegrityError:
            raise IntentPending(f"{kind} of {subject} is under way") from None
        return intent

    def withdraw(self, connection: Connection, kind: str, subject: str) -> bool:
        """Take back what is pending, in the subject's turn; whether anything was."""
        return bool(connection.execute(delete(ledger_intents).where(_of(kind, subject))).rowcount)

    def pending(self, connection: Connection, kind: str, subject: str) -> LedgerIntent | None:
        """Return what is to be done, or to be completed."""
        row = connection.execute(select(ledger_intents).where(_of(kind, subject))).first()
        if row is None:
            return None
        payload = msgspec.json.decode(row.payload, type=self._kinds[kind].payload)
        return LedgerIntent(row.id, kind, subject, payload, row.created_at)

    def any_pending(self, connection: Connection, subject: str) -> bool:
        """Tell whether anything of any kind is to be done, or to be completed."""
        return connection.execute(select(_c.id).where(_c.subject == subject)).first() is not None

    # --- carrying out ----------------------------------------------------------------------------------------------

    async def carry_out(self, intent: LedgerIntent) -> None:
        """Tell the ledger and complete it. The subject's turn was taken before the intent was read or written.

        Raises whatever the kind's steps raise but IntentRefused; the intent is pending then.
        """
        kind = self._kinds[intent.kind]
        try:
            await kind.in_ledger(intent)
        except IntentRefused as refused:
            await self.transactions.write(self._refuse, kind, intent, str(refused))
        else:
            await self.transactions.write(self._complete, kind, intent)
            kind.committed(intent)

    async def finish(self, kind: str, subject: str) -> bool:
        """Take the subject's turn and carry out what is pending then; whether anything was."""
        async with self.turn(subject):
            intent = await self.transactions.read(self.pending, kind, subject)
            if intent is not None:
                await self.carry_out(intent)
        return intent is not None

    async def sweep(self) -> int:
        """Carry out all that is pending, the oldest first, and return how many it was.

        What keeps one from being carried out keeps no other, unless the ledger does not serve: raises LedgerError.
        """
        finished = failed = 0
        for kind, subject in await self.transactions.read(self._all):
            try:
                finished += await self.finish(kind, subject)
            except LedgerError:
                raise
            except Exception as error:  # whatever it is: what was decided is tried until it is done
                failed += 1
                _log.error("ledger_intent_not_finished", kind=kind, subject=subject, exc_info=error)
        self.failed = failed
        self.alarm.set(failed > 0, failed=failed)
        return finished

    async def run(self) -> None:
        """Sweep until cancelled."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                await self.sweep()
            except Exception as error:
                _log.error("ledger_intents_not_swept", why=type(error).__name__)

    def _all(self, connection: Connection) -> list[tuple[str, str]]:
        rows = connection.execute(select(_c.kind, _c.subject).order_by(_c.created_at, _c.id))
        return [(row.kind, row.subject) for row in rows]

    def _complete(self, connection: Connection, kind: IntentKind, intent: LedgerIntent) -> None:
        if self._remove(connection, intent):
            kind.complete(connection, intent, self._clock.now())

    def _refuse(self, connection: Connection, kind: IntentKind, intent: LedgerIntent, why: str) -> None:
        if self._remove(connection, intent):
            kind.refuse(connection, intent, why, self._clock.now())

    def _remove(self, connection: Connection, intent: LedgerIntent) -> bool:
        return bool(connection.execute(delete(ledger_intents).where(_c.id == intent.id)).rowcount)


def _of(kind: str, subject: str) -> ColumnElement[bool]:
    return and_(_c.kind == kind, _c.subject == subject)
