"""Red packets: made with a challenge that is bound to all of it, taken from once by each; the rest returns in time.

What is kept in the bank's database is written before the ledger is asked, so that whatever is in a packet has its row;
a crash in between leaves a row without money, which nobody can take from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from feiqian.accounts.kinds import wallet_id
from feiqian.auth.challenges.model import ChallengeBinding, ChallengeView
from feiqian.auth.challenges.service import Verification
from feiqian.clock import HOUR, MICROSECONDS
from feiqian.deposits.errors import AccountNotFound
from feiqian.deposits.service import Deposits
from feiqian.events import PacketMade
from feiqian.ids import NO_CUSTOMER, RED_PACKET, CustomerNumber, new_id
from feiqian.ledger.ledger import Ledger
from feiqian.limits.model import LimitQuestion
from feiqian.limits.service import PaymentLimits
from feiqian.money import BY_CODE, BY_NUMBER, CurrencyNumber
from feiqian.packets import kinds
from feiqian.packets.errors import (
    PacketInvalid,
    PacketNotFound,
    PacketNumberUsed,
    ReceiverCannotReceive,
    ReceiverNotConfirmed,
)
from feiqian.packets.filling import Filler
from feiqian.packets.links import PacketLinks
from feiqian.packets.model import Asked, Packet, Wanted
from feiqian.packets.read_model.reads import PacketReads, Shown
from feiqian.packets.shares import divide
from feiqian.packets.tables import packets
from feiqian.packets.taking import Taker
from feiqian.packets.views import View, view_of
from feiqian.payees.errors import CheckNotFound, PayeeChanged
from feiqian.payees.model import NameCheck, Payee
from feiqian.payees.service import FRESH, Payees
from feiqian.policy.factors import Purpose
from feiqian.policy.model import PacketRules
from feiqian.runtime.transactions import Transactions
from feiqian.sources.service import Sources
from feiqian.strings.visible import is_visible
from feiqian.subjects import Subject
from feiqian.transfers.model import LONGEST_NOTE, LONGEST_NUMBER, METHOD, WALLET
from feiqian.transfers.service import payee_words

_c = packets.c
_COLUMNS = [_c[name] for name in Packet._fields]


@dataclass(kw_only=True, eq=False, repr=False)
class Packets:
    """Of one bank's customers. Whose session it is, the caller knows."""

    transactions: Transactions
    ledger: Ledger
    payees: Payees
    deposits: Deposits
    sources: Sources
    limits: PaymentLimits
    verification: Verification
    rules: PacketRules
    filler: Filler
    taker: Taker
    links: PacketLinks
    reads: PacketReads

    # --- making ------------------------------------------------------------------------------------------------------

    async def begin(self, subject: Subject, asked: Asked, language: str, device: str | None) -> ChallengeView:
        """What the sender has to pass. Raises PacketInvalid, ReceiverNotConfirmed, ReceiverCannotReceive,
        CheckNotFound, PayeeChanged, and what `Verification.begin` raises."""
        wanted = await self._read(subject.customer, asked, fresh=True)
        now = self.ledger.clock.now() // MICROSECONDS
        asking = LimitQuestion(subject.customer, wanted.currency, asked.amount, now, METHOD)
        needs = self.limits.needs(asking, Purpose.TRANSFER)
        return await self.verification.begin(subject, _binding(wanted), language, needs, device=device)

    async def make(self, subject: Subject, asked: Asked, challenge: str) -> PacketMade:
        """Puts the money in, or says why not, once for each number; again, it tells the first answer.

        Raises PacketInvalid, PacketNumberUsed, ReceiverNotConfirmed, CheckNotFound, NotDeciding, and what
        `Verification.consume` raises: BindingDiffers where the receiver is not as confirmed.
        """
        sender, transfer = subject.customer, kinds.filled(subject.customer, asked.number)
        if self.ledger.engine.remembered(transfer) is not None:
            return await self._first(sender, transfer, asked)
        wanted = await self._read(sender, asked, fresh=False)
        self.ledger.require_deciding()  # before the challenge is spent
        passed = await self.verification.consume(challenge, subject, _binding(wanted))
        wanted = self._drawn(wanted)
        await self.transactions.write(self._keep, sender, wanted)
        if self.ledger.engine.remembered(transfer) is not None:  # another has come first meanwhile
            return await self._first(sender, transfer, asked)
        fact = self.filler.decide(sender, wanted, passed)
        await self.ledger.durable(self.ledger.position)
        return fact

    def _drawn(self, wanted: Wanted) -> Wanted:
        """With an id and an end, and its shares decided."""
        asked, now = wanted.asked, self.ledger.clock.now()
        shares = divide(asked.amount, asked.shares, asked.mode, self.rules.limits[wanted.currency].share)
        return wanted._replace(id=new_id(RED_PACKET, now), shares=shares, ends_at=now + self.rules.hours * HOUR)

    def _keep(self, connection: Connection, sender: CustomerNumber, wanted: Wanted) -> None:
        id, ends_at = wanted.id, wanted.ends_at
        packet = Packet(id, sender, wanted.receiver, wanted.currency, wanted.source, wanted.shares, ends_at)
        connection.execute(insert(packets).values(**packet._asdict(), look_at=ends_at))

    async def _first(self, sender: CustomerNumber, transfer: bytes, asked: Asked) -> PacketMade:
        """What was decided before, durable by now. Raises PacketNumberUsed where that was another packet."""
        fact, position = self.filler.recent.get(transfer), self.ledger.position
        await self.ledger.durable(position)
        if fact is None:
            await self.reads.wait(position, who=("customer", sender))
            fact = await self.reads.by_filled(transfer)
        if fact is None:
            raise PacketNumberUsed(asked.number)
        source = await self.transactions.read(self._source, sender, asked, fact.currency) if asked.source else b""
        given = asked.amount, asked.currency, asked.shares, asked.mode, asked.check, asked.note, source or fact.debit
        code, rest = BY_NUMBER[fact.currency].code, (fact.mode, fact.check, fact.note, fact.debit)
        kept = fact.amount, code, len(fact.shares), *rest
        if given != kept:
            raise PacketNumberUsed(asked.number)
        return fact

    async def _read(self, sender: CustomerNumber, asked: Asked, *, fresh: bool) -> Wanted:
        currency = self._check(asked)
        return await self.transactions.read(self._wanted, sender, asked, currency, fresh)

    def _check(self, asked: Asked) -> CurrencyNumber:
        """Its currency. Raises PacketInvalid."""
        currency = BY_CODE.get(asked.currency)
        limits = self.rules.limits.get(currency.number) if currency is not None else None
        if currency is None or limits is None:
            raise PacketInvalid("currency")
        if not 0 < asked.shares <= self.rules.shares:
            raise PacketInvalid("shares", self.rules.shares)
        if asked.check and asked.shares != 1:
            raise PacketInvalid("shares", 1)
        most = min(limits.packet, limits.share * asked.shares)
        if not asked.shares <= asked.amount <= most:
            raise PacketInvalid("amount", most if asked.amount > most else 0)
        if not 0 < len(asked.number) <= LONGEST_NUMBER or not is_visible(asked.number):
            raise PacketInvalid("number")
        if len(asked.note) > LONGEST_NOTE or not is_visible(asked.note):
            raise PacketInvalid("note")
        return currency.number

    def _wanted(
        self, connection: Connection, sender: CustomerNumber, asked: Asked, currency: CurrencyNumber, fresh: bool
    ) -> Wanted:
        payee = self._receiver(connection, sender, asked, currency, fresh) if asked.check else None
        source = self._source(connection, sender, asked, currency)
        return Wanted("", asked, currency, source, payee, (), 0)

    def _receiver(
        self, connection: Connection, sender: CustomerNumber, asked: Asked, currency: CurrencyNumber, fresh: bool
    ) -> Payee:
        payee, same, at = self.payees.again(connection, sender, asked.check)
        if fresh and at <= self.ledger.clock.now() - FRESH:
            raise CheckNotFound
        if fresh and not same:
            raise PayeeChanged
        if payee.found.account:  # what is taken goes into the wallet
            raise PacketInvalid("check")
        if payee.check is NameCheck.NO_MATCH or not payee.found.known:
            raise ReceiverNotConfirmed
        if fresh and not self.payees.receives(payee.found, currency, asked.amount):
            raise ReceiverCannotReceive
        return payee

    def _source(self, connection: Connection, sender: CustomerNumber, asked: Asked, currency: CurrencyNumber) -> bytes:
        if asked.source == WALLET:
            return wallet_id(currency, sender)
        if not asked.source:
            return self.sources.choose(currency, sender, asked.amount)
        try:
            account = self.deposits.own(connection, sender, asked.source)
        except AccountNotFound:
            raise PacketInvalid("source") from None
        if account.currency != currency:
            raise PacketInvalid("source")
        return account.ledger_id

    # --- taking and looking ------------------------------------------------------------------------------------------

    async def take(self, customer: CustomerNumber, id: str, code: str = "") -> Shown:
        """Gives the customer a share, once; again, it tells the same. `code` is that of its link; who alone may take it
        needs none. Raises PacketNotFound, PacketNotTaken, LedgerStopped, NotDeciding."""
        packet = await self._open(customer, id, code)
        self.taker.take(packet, customer)
        await self.ledger.durable(self.ledger.position)
        return await self.get(customer, id)

    async def get(self, customer: CustomerNumber, id: str, code: str = "") -> Shown:
        """A packet that the customer has made, taken from or is to take, or has the link of. Raises PacketNotFound."""
        await self.reads.wait(self.ledger.durable_position, who=("customer", customer))
        found = await self.reads.by_id(customer, id)
        if found is None and code and self.links.is_signed(id, code):
            found = await self.reads.shared(id)
        if found is None:
            raise PacketNotFound
        return found

    async def views(
        self, customer: CustomerNumber, found: Sequence[Shown], language: str, *, whole: bool = False
    ) -> list[View]:
        """Packets as this customer is shown them; `whole`: with who has taken what."""
        takes = {one.fact.id: await self.reads.takes(one.no) for one in found} if whole else {}
        others = {one.fact.sender for one in found} | {take.taker for taken in takes.values() for take in taken}
        names = await self.transactions.read(self._names, others - {customer})
        whys = {one.fact.id: await self._why_not(customer, one) for one in found} if whole else {}
        now = self.ledger.clock.now()
        return [
            view_of(one, customer, names, language, now, takes.get(one.fact.id, []), whys.get(one.fact.id))
            for one in found
        ]

    async def _why_not(self, customer: CustomerNumber, shown: Shown) -> str:
        """Why the customer could take nothing of it now; "" if they could, or have."""
        packet = await self.transactions.read(self._kept, shown.fact.id)
        if packet is None:
            return ""
        if self.taker.has_taken(packet, customer):
            return ""
        try:
            return self.taker.why_not(packet, customer) or ""
        except PacketNotFound:
            return ""

    def _names(self, connection: Connection, numbers: set[CustomerNumber]) -> dict[CustomerNumber, str]:
        known = (self.payees.customers.by_number(connection, number) for number in numbers)
        return {one.number: one.name for one in known if one is not None}

    async def _open(self, customer: CustomerNumber, id: str, code: str) -> Packet:
        """A packet that this customer may take from. Raises PacketNotFound."""
        packet = await self.transactions.read(self._kept, id)
        if packet is None:
            raise PacketNotFound
        shared = packet.receiver == NO_CUSTOMER and (customer == packet.sender or self.links.is_signed(id, code))
        if not shared and packet.receiver != customer and not self.taker.has_taken(packet, customer):
            raise PacketNotFound
        return packet

    def _kept(self, connection: Connection, id: str) -> Packet | None:
        row = connection.execute(select(*_COLUMNS).where(_c.id == id)).one_or_none()
        return None if row is None else Packet(*row)


def _binding(wanted: Wanted) -> ChallengeBinding:
    """What is confirmed: the receiver as of now, so that a change of it voids what was confirmed before."""
    asked, payee = wanted.asked, wanted.payee
    return ChallengeBinding(
        purpose=Purpose.TRANSFER,
        kind=f"packet_{asked.mode}" if payee is None else "packet",
        amount=asked.amount,
        currency=wanted.currency,
        payee=f"× {asked.shares}" if payee is None else payee_words(payee),
        reference=asked.note,
        ids="\n".join((asked.number, asked.check, asked.source, asked.mode, payee.digest if payee else "")),
    )
