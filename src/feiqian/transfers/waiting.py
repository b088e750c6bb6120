"""Money to a number without a wallet: it waits for the registration of exactly that number, which is told once.

The row is written before the money is held, and says of nothing that money was: that only the ledger knows. A row whose
hold never came, or has ended, counts no more. Whoever registers with the number, under a name that fits the one that
the sender gave, and can be sent money gets it at the next look; what ends by time or by its sender is ended in the
ledger, whatever the rows say (`ending`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, func, insert, select, update

from feiqian.auth.base import AccessService
from feiqian.clock import DAY, HOUR
from feiqian.errors import LedgerError
from feiqian.events import PersonTransferDecided
from feiqian.field_cipher import FieldCipher
from feiqian.ids import CustomerNumber
from feiqian.money import BY_NUMBER, Money, format_plain
from feiqian.notify.errors import SendingCapped
from feiqian.notify.model import Audience, Channel, Message
from feiqian.payees.comparing import compare_names
from feiqian.payees.model import Found, NameCheck
from feiqian.projections.errors import ReadsBehind
from feiqian.runtime import logs
from feiqian.runtime.locks import lock
from feiqian.runtime.sweeping import remove_some
from feiqian.runtime.transactions import reads, writes
from feiqian.runtime.work import TooBusy
from feiqian.strings.masking import masked_name
from feiqian.subjects import Role, Subject
from feiqian.transfers.ending import Endings
from feiqian.transfers.errors import WaitingUsedUp
from feiqian.transfers.tables import MOBILE, waiting

# In 24 hours: money to such numbers of one sender, and messages to one number, whoever the senders are.
PER_SENDER, MESSAGES_PER_NUMBER = 5, 2
LOOK_SECONDS = 5.0
AT_ONCE = 500  # rows of one look
MAKING = HOUR  # after which a row without a hold comes to nothing
KEPT = 10 * DAY  # longer than any money waits
_c = waiting.c
_log = logs.get("feiqian.transfers")


class Registered(NamedTuple):
    """A number that money has waited for is this customer's."""

    transfer: bytes
    customer: CustomerNumber
    name: str


@dataclass(kw_only=True, eq=False, repr=False)
class WaitingNumbers(AccessService):
    """Of one bank."""

    cipher: FieldCipher
    endings: Endings

    @writes
    def put(self, connection: Connection, sender: CustomerNumber, transfer: bytes, mobile: str) -> None:
        """Before the money is held; again, it changes nothing. Raises WaitingUsedUp."""
        lock(connection, f"waiting transfers of {sender}")
        id, now = transfer.hex(), self.clock.now()
        if connection.execute(select(_c.at).where(_c.transfer == id)).first() is not None:
            return
        lately = select(func.count()).where(_c.sender == sender, _c.at > now - DAY)
        if connection.execute(lately).scalar_one() >= PER_SENDER:
            raise WaitingUsedUp
        sealed, blind = MOBILE.seal(self.cipher, mobile, id), self.customers.profiles.blind(mobile)
        row = {"transfer": id, "sender": sender, "mobile": sealed, "mobile_blind": blind, "at": now}
        connection.execute(insert(waiting).values(**row, told_at=0, ended=False))

    def tell(self, connection: Connection, fact: PersonTransferDecided, now: int) -> None:
        """A message to the number, once for each transfer; a number that had enough of them gets no more."""
        id = fact.transfer.hex()
        row = connection.execute(select(waiting).where(_c.transfer == id)).one_or_none()
        if row is None or row.told_at or fact.held_until <= now:
            return
        lock(connection, f"waiting messages to {row.mobile_blind.hex()}")
        lately = select(func.count()).where(_c.mobile_blind == row.mobile_blind, _c.told_at > now - DAY)
        if connection.execute(lately).scalar_one() >= MESSAGES_PER_NUMBER:
            return
        message = self._message(connection, fact, MOBILE.text(self.cipher, row.mobile, id))
        try:
            with connection.begin_nested():
                self.notices.notify.queue(connection, message, now, once=f"transfer-waiting/{id}")
        except SendingCapped:
            _log.warning("waiting_number_not_told", why="capped")
            return
        connection.execute(update(waiting).where(_c.transfer == id).values(told_at=now))

    def _message(self, connection: Connection, fact: PersonTransferDecided, mobile: str) -> Message:
        """It counts towards the caps of messages to strangers. The sender's own words are not in it."""
        sender = self.customers.by_number(connection, fact.sender)
        assert sender is not None, "the row names it"
        language = self.customers.profiles.need(connection, fact.sender).language
        values = {
            "sender": masked_name(sender.name),
            "amount": format_plain(Money(fact.amount, BY_NUMBER[fact.currency])),
            "until": self.notices.moment(language, fact.held_until),
        }
        whose = int.from_bytes(self.customers.profiles.blind(mobile)[:7], "big")
        return Message(
            to=Subject(Role.APPLICANT, whose),
            channel=Channel.SMS,
            address=mobile,
            kind="transfer_waiting_for_you",
            language=language,
            values=values,
            secret=True,
            expires_at=fact.held_until,
            audience=Audience.STRANGER,
        )

    # --- who has registered ------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Brings money to those who have registered, until cancelled or nothing is decided any more."""
        ledger = self.endings.ledger
        while ledger.stopped is None:
            await ledger.deciding()
            try:
                await self.look()
            except LedgerError:
                pass  # nothing is decided now; the next look is after it
            except Exception as error:
                _log.error("waiting_not_looked_at", why=type(error).__name__, exc_info=error)
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> int:
        """Once; how many transfers were brought."""
        brought, over = 0, []
        after = ""
        while rows := await self._some(after):
            after = rows[-1][0]
            over += [id for id, at in rows if self._is_over(bytes.fromhex(id), at)]
            for registered in await self._registered([id for id, _ in rows if id not in over]):
                brought += await self._bring_one(registered)
        if over:
            await self._end(over)
        return brought

    async def _bring_one(self, registered: Registered) -> bool:
        """The same; whatever is wrong with one, the others do not wait for it, and it returns on time."""
        try:
            return await self._bring(registered)
        except (LedgerError, ReadsBehind, TooBusy):
            raise
        except Exception as error:
            _log.error("waiting_not_brought", transfer=registered.transfer.hex(), why=type(error).__name__)
            return False

    async def _bring(self, registered: Registered) -> bool:
        fact = await self.endings.reads.by_transfer(registered.transfer)
        if fact is None or fact.held_until <= self.clock.now():
            return False
        found = Found(registered.customer)
        if registered.customer == fact.sender:
            return False
        if not self.endings.payees.receives(found, fact.currency, fact.amount):
            return False  # not yet: who they are has to be checked first
        if compare_names(fact.payee, registered.name) is NameCheck.NO_MATCH:
            return False  # somebody else has the number: it returns on time, and nobody learns whose the number is
        return self.endings.bring(fact, found)

    def _is_over(self, transfer: bytes, at: int) -> bool:
        if self.endings.is_open(transfer):
            return False
        known = self.endings.ledger.engine.remembered(transfer) is not None
        return known or at < self.clock.now() - MAKING

    @reads
    def _some(self, connection: Connection, after: str) -> Sequence[tuple[str, int]]:
        rows = select(_c.transfer, _c.at).where(_c.ended.is_(False), _c.transfer > after)
        return [(row.transfer, row.at) for row in connection.execute(rows.order_by(_c.transfer).limit(AT_ONCE))]

    @reads
    def _registered(self, connection: Connection, ids: Sequence[str]) -> list[Registered]:
        found = []
        rows = select(_c.transfer, _c.mobile_blind).where(_c.transfer.in_(ids))
        for row in connection.execute(rows).all():
            number = self.customers.profiles.number_of_blind(connection, row.mobile_blind)
            customer = None if number is None else self.customers.by_number(connection, number)
            if customer is not None:
                found.append(Registered(bytes.fromhex(row.transfer), customer.number, customer.name))
        return found

    @writes
    def _end(self, connection: Connection, ids: Sequence[str]) -> None:
        for at in range(0, len(ids), AT_ONCE):
            some = ids[at : at + AT_ONCE]
            connection.execute(update(waiting).where(_c.transfer.in_(some)).values(ended=True))

    def sweep(self, connection: Connection, now: int, most: int) -> int:
        """Removes rows that count no more."""
        return len(remove_some(connection, waiting, _c.at < now - KEPT, most))
