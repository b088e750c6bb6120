"""Ends transfers that are held or wait: the money goes to its payee, or back to its sender. Exactly once.

Every end is one chain that releases the hold, and the engine releases a hold once, whatever races: payee, sender, time.
The fact stands in the row of its chain, so a crash leaves both or neither; what has not ended is taken up at the next
start. A hold has no time of its own in the engine: a bank that stood still for days brings what is due then.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field

from feiqian.clock import MINUTE
from feiqian.errors import LedgerError, NotDeciding
from feiqian.events import PersonTransferDecided, PersonTransferEnded, PersonTransferStatus, encode_fact
from feiqian.ids import NO_CUSTOMER, CustomerNumber
from feiqian.ledger import chart
from feiqian.ledger.due import Due
from feiqian.ledger.engine import HoldState, Refusal, Type, chain
from feiqian.ledger.ledger import Ledger
from feiqian.limits.giving_back import give_back
from feiqian.payees.model import Found
from feiqian.payees.service import Payees
from feiqian.projections.errors import ReadsBehind
from feiqian.runtime import logs
from feiqian.runtime.alarms import Alarm
from feiqian.runtime.work import TooBusy
from feiqian.transfers.kinds import PersonTransferKind
from feiqian.transfers.read_model.reads import PersonTransferReads

RESUME_SECONDS = 1.0
AGAIN = 10 * MINUTE  # where the ledger refuses both ways
_log = logs.get("feiqian.transfers")
_SUCCEEDED, _CANCELLED = PersonTransferStatus.SUCCEEDED, PersonTransferStatus.CANCELLED
_RETURNED, _HELD = PersonTransferStatus.RETURNED, PersonTransferStatus.HELD
_BACK = {
    _CANCELLED: PersonTransferKind.PERSON_TRANSFER_CANCELLED,
    _RETURNED: PersonTransferKind.PERSON_TRANSFER_RETURNED,
}


@dataclass(kw_only=True, eq=False, repr=False)
class Endings:
    """Of one bank. All of it belongs to the event loop; nothing but `run` and `resume` awaits."""

    ledger: Ledger
    payees: Payees
    reads: PersonTransferReads
    alarm: Alarm  # while the time of some is over and they have not ended
    _open: dict[str, PersonTransferDecided] = field(default_factory=dict, init=False)

    _stuck: set[str] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        self.due = Due(self.ledger, self._end_on_time)

    def watch(self, fact: PersonTransferDecided) -> None:
        """It ends when its time is over, unless it has ended before; twice is once."""
        if fact.id not in self._open:
            self._open[fact.id] = fact
            self.due.add(fact.held_until, fact.id)

    def is_open(self, transfer: bytes) -> bool:
        """Whether the money is held still."""
        hold = self.ledger.engine.remembered(transfer)
        return hold is not None and hold.type == Type.HOLD and hold.status == HoldState.OPEN

    def bring(self, fact: PersonTransferDecided, found: Found) -> bool:
        """The money goes to this payee, or back if it cannot leave its account; whether it went."""
        if not self.is_open(fact.transfer):
            return False
        credit, moved = self.payees.account_of(found, fact.currency), _id(b"transfer-brought", fact)
        if self.payees.receives(found, fact.currency, fact.amount) and self._posted(
            chart.release(_id(b"transfer-release", fact), hold=fact.transfer, kind=_KIND, reference=fact.transfer),
            chart.transfer(moved, debit=fact.debit, credit=credit, amount=fact.amount, kind=_KIND),
        ):
            self._ended(fact, _SUCCEEDED, found.customer, moved=moved)
            return True
        self.give_back(fact, _RETURNED)
        return False

    def give_back(self, fact: PersonTransferDecided, status: PersonTransferStatus, by: str = "") -> bool:
        """The money is its sender's again, and what it was counted for in their limits; whether it was not before."""
        kind, back = _BACK[status], give_back(fact.counters, fact.counted_on, fact.amount)
        release = chart.release(_id(b"transfer-back", fact), hold=fact.transfer, kind=kind, reference=fact.transfer)
        if not self.is_open(fact.transfer) or not self._posted(release, *back):
            return False
        self._ended(fact, status, fact.receiver, by=by)
        return True

    async def run(self) -> None:
        """Ends what is due, also what was held before a restart. Ends when cancelled or stopped."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.resume(), name="transfers that are held")
            tasks.create_task(self.due.run(), name="transfers that are due")

    async def resume(self) -> None:
        """Takes up the transfers that had not ended when the server started."""
        position = self.ledger.durable_position
        while True:
            with contextlib.suppress(ReadsBehind, TooBusy, NotDeciding):
                await self.reads.wait(position)
                return await self._take_up()
            await asyncio.sleep(RESUME_SECONDS)

    # --- how ---------------------------------------------------------------------------------------------------------

    async def _take_up(self) -> None:
        after = 0
        while found := await self.reads.unended(after):
            for shown in found:
                self.watch(shown.fact)
            after = found[-1].no
        self.due.settle()

    def _end_on_time(self, id: str) -> None:
        fact = self._open.get(id)
        if fact is None:
            return
        why = ""
        try:
            if fact.status is _HELD:
                self.bring(fact, Found(fact.receiver, fact.credit, fact.currency))
            else:
                self.give_back(fact, _RETURNED)
        except LedgerError:
            self.due.add(fact.held_until, id)
            raise
        except Exception as error:  # whatever it is like: the others must not wait for it
            why = type(error).__name__
        self._looked(fact, why)

    def _looked(self, fact: PersonTransferDecided, why: str) -> None:
        """It has ended, or is tried again after a while."""
        stuck, id = bool(why) or self.is_open(fact.transfer), fact.id
        if stuck and id not in self._stuck:
            _log.error("transfer_not_ended", transfer=id, why=why or "refused")
        if stuck:
            self._stuck.add(id)
            self.alarm.set(True, transfer=id)
            self.due.add(self.ledger.clock.now() + AGAIN, id)
        else:
            self._forget(id)

    def _forget(self, id: str) -> None:
        self._open.pop(id, None)
        self._stuck.discard(id)
        self.alarm.set(bool(self._stuck))

    def _posted(self, *events: bytes) -> bool:
        return self.ledger.post(chain(*events)).refusal is Refusal.OK

    def _ended(
        self,
        fact: PersonTransferDecided,
        status: PersonTransferStatus,
        receiver: CustomerNumber = NO_CUSTOMER,
        *,
        by: str = "",
        moved: bytes = b"",
    ) -> None:
        now, what = self.ledger.clock.now(), (fact.amount, fact.currency, fact.payee)
        ended = PersonTransferEnded(fact.id, status, fact.sender, receiver, now, by, moved, *what)
        self.ledger.record(encode_fact(ended))
        self._forget(fact.id)


_KIND = PersonTransferKind.PERSON_TRANSFER


def _id(label: bytes, fact: PersonTransferDecided) -> bytes:
    return chart.derived_id(label, fact.transfer)
