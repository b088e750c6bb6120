"""Returns what nobody has taken in time, once, whatever races and whenever it crashes.

The chain that returns it uses up the packet's total, of which takers' shares are used, too: so a second one, or a taker
who comes in between, is refused by the ledger. The row in the bank's database only says when to look. One that cannot
be returned is looked at again after a while, holds up no other, and is in an alarm until it is.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from sqlalchemy import Connection, select, update

from feiqian.accounts.kinds import wallet_id
from feiqian.clock import DAY, MICROSECONDS, MINUTE
from feiqian.errors import LedgerError
from feiqian.events import PacketReturned, encode_fact
from feiqian.ledger import chart
from feiqian.ledger.engine import CLOSED, Side, chain
from feiqian.ledger.ledger import Ledger
from feiqian.money import MinorUnits
from feiqian.packets import kinds
from feiqian.packets.kinds import PacketTransferKind
from feiqian.packets.model import Packet
from feiqian.packets.tables import packets
from feiqian.runtime import logs
from feiqian.runtime.alarms import Alarm
from feiqian.runtime.sweeping import remove_some
from feiqian.runtime.transactions import Transactions
from feiqian.runtime.work import TooBusy

EVERY_SECONDS, AT_ONCE = 10.0, 200
AGAIN = 10 * MINUTE  # where none of the sender's accounts takes it: it waits in the bank's account
KEPT = 30 * DAY  # that a link still says that it is over
_c = packets.c
_COLUMNS = [_c[name] for name in Packet._fields]
_log = logs.get("feiqian.packets")


@dataclass(kw_only=True, eq=False, repr=False)
class Returner:
    """Of one bank."""

    transactions: Transactions
    ledger: Ledger
    alarm: Alarm  # while some could not be returned
    _stuck: set[str] = field(default_factory=set, init=False)

    async def run(self) -> None:
        """Returns what is due until cancelled."""
        while True:
            try:
                while await self.return_due() == AT_ONCE:
                    pass
            except LedgerError as error:
                _log.warning("packets_wait", why=type(error).__name__)
            except Exception as error:
                _log.error("packets_not_returned", why=type(error).__name__, exc_info=error)
            await asyncio.sleep(EVERY_SECONDS)

    async def return_due(self) -> int:
        """Ends those whose time is over, and returns how many were looked at. Raises LedgerError while nothing is
        decided."""
        self.ledger.require_deciding()  # by a clock that has jumped, no time is over
        due = await self.transactions.read(self._due, self.ledger.clock.now())
        for id in due:
            empty = await self._one(id)
            await self.ledger.durable(self.ledger.position)
            await self.transactions.write(self._looked, id, empty)
        self.alarm.set(bool(self._stuck), packets=sorted(self._stuck)[:AT_ONCE])
        return len(due)

    async def _one(self, id: str) -> bool:
        """Whether nothing is in it any more. Raises LedgerError, TooBusy."""
        try:
            why = self._return(await self.transactions.read(self._read, id))
        except (LedgerError, TooBusy):
            raise
        except Exception as error:  # whatever its row is like: the others must not wait for it
            why = type(error).__name__
        if why and id not in self._stuck:
            _log.error("packet_not_returned", packet=id, why=why)
        (self._stuck.add if why else self._stuck.discard)(id)
        return not why

    def sweep(self, connection: Connection, now: int, most: int) -> int:
        """Removes those that ended long ago."""
        return len(remove_some(connection, packets, (_c.ends_at < now - KEPT) & _c.look_at.is_(None), most))

    def _due(self, connection: Connection, now: int) -> list[str]:
        found = select(_c.id).where(_c.look_at <= now).order_by(_c.look_at).limit(AT_ONCE)
        return list(connection.execute(found).scalars())

    def _read(self, connection: Connection, id: str) -> Packet:
        return Packet(*connection.execute(select(*_COLUMNS).where(_c.id == id)).one())

    def _looked(self, connection: Connection, id: str, empty: bool) -> None:
        look_at = None if empty else self.ledger.clock.now() + AGAIN
        connection.execute(update(packets).where(_c.id == id).values(look_at=look_at))

    def _return(self, packet: Packet) -> str:
        """Moves what is left; why it could not, "" if nothing is left then. Never awaits."""
        found = self.ledger.engine.used(kinds.total(packet.id))
        now, rest = self.ledger.clock.now(), 0 if found is None else found[1] - found[0]
        if rest == 0:  # also of a packet that was not made: nobody can fill it any more
            return ""
        credit = self._account(packet)
        if credit is None:
            return "none of the sender's accounts takes it"
        transfer = kinds.returned(packet.id, credit, now // MICROSECONDS)
        refusal = self.ledger.post(
            chain(
                chart.use(kinds.total(packet.id), rest),
                chart.transfer(
                    transfer,
                    debit=kinds.bank_account(packet.currency),
                    credit=credit,
                    amount=rest,
                    kind=PacketTransferKind.PACKET_RETURNED,
                ),
            )
        ).refusal
        if refusal != 0:
            return refusal.name
        sender, amount = packet.sender, MinorUnits(rest)
        what = packet.id, transfer, sender, sender, amount, packet.currency, credit, now
        self.ledger.record(encode_fact(PacketReturned(*what)))
        return ""

    def _account(self, packet: Packet) -> bytes | None:
        """Where it came from; if that is closed, the wallet. A frozen account takes what returns."""
        for id in (packet.debit, wallet_id(packet.currency, packet.sender)):
            account = self.ledger.engine.account(id)
            if account is not None and not account.closed_and_frozen & (CLOSED | Side.CREDIT):
                return id
        return None
