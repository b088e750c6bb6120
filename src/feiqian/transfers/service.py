"""Sending money to somebody else: a payee that was checked, a challenge that is bound to all of it, one decision.

What is confirmed is read again when it is made: whom the number names, what they are called, the limits, the balance.
If any of the payee has changed, the challenge is void and nothing moves (abuse cases 38 and 117). The challenge is
spent before the ledger is asked, so a crash in between leaves nothing sent, and the number free for another challenge.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from feiqian.accounts.kinds import wallet_id
from feiqian.auth.challenges.model import ChallengeBinding, ChallengeView, Passed
from feiqian.auth.challenges.service import Verification
from feiqian.clock import MICROSECONDS
from feiqian.deposits.errors import AccountNotFound
from feiqian.deposits.service import Deposits
from feiqian.events import PersonTransferDecided, PersonTransferStatus
from feiqian.ids import MONEY_REQUEST, SCHEDULE, CustomerNumber
from feiqian.ledger.bounds import MAX_AMOUNT
from feiqian.ledger.ledger import Ledger
from feiqian.limits.model import LimitQuestion
from feiqian.limits.service import PaymentLimits
from feiqian.money import BY_CODE, BY_NUMBER, CurrencyNumber
from feiqian.payees.errors import CheckNotFound, PayeeChanged
from feiqian.payees.model import Payee
from feiqian.payees.service import FRESH, Payees
from feiqian.policy.factors import Purpose
from feiqian.runtime.transactions import Transactions
from feiqian.sources.service import Sources
from feiqian.strings.visible import is_visible
from feiqian.subjects import Subject
from feiqian.transfers.caution import Care, Caution
from feiqian.transfers.decide import Decider, person_transfer
from feiqian.transfers.ending import Endings
from feiqian.transfers.errors import (
    PersonTransferInvalid,
    PersonTransferNotFound,
    PersonTransferNumberUsed,
    TransferOver,
)
from feiqian.transfers.model import LONGEST_NOTE, LONGEST_NUMBER, METHOD, WALLET, Asked, Wanted
from feiqian.transfers.read_model.reads import PersonTransferReads, Shown
from feiqian.transfers.views import View, view_of
from feiqian.transfers.waiting import WaitingNumbers


@dataclass(kw_only=True, eq=False, repr=False)
class PersonTransfers:
    """Of one bank's customers. Whose session it is, the caller knows: `sender` is who is signed in."""

    transactions: Transactions
    ledger: Ledger
    payees: Payees
    deposits: Deposits
    sources: Sources
    limits: PaymentLimits
    verification: Verification
    decider: Decider
    caution: Caution
    endings: Endings
    waiting: WaitingNumbers
    reads: PersonTransferReads

    # --- by who is signed in -----------------------------------------------------------------------------------------

    async def begin(self, subject: Subject, asked: Asked, language: str, device: str | None) -> ChallengeView:
        """What the sender has to pass. Raises CheckNotFound, PayeeChanged, PersonTransferInvalid, UnusualTooHigh, and
        what `Verification.begin` raises."""
        wanted = await self._read(subject.customer, asked, fresh=True)
        care = await self.care_of(subject.customer, wanted)
        care.check(wanted.amount, wanted.currency)
        now = self.ledger.clock.now() // MICROSECONDS
        asking = LimitQuestion(subject.customer, wanted.currency, wanted.amount, now, METHOD)
        needs = self.limits.needs(asking, Purpose.TRANSFER)
        return await self.verification.begin(subject, _binding(wanted, asked, care), language, needs, device=device)

    async def send(self, subject: Subject, asked: Asked, challenge: str) -> PersonTransferDecided:
        """Makes the transfer with the challenge that was passed for it; again, it tells the first answer.

        Raises CheckNotFound, PersonTransferInvalid, PersonTransferNumberUsed, WaitingUsedUp, NotDeciding, and what
        `Verification.consume` raises: BindingDiffers where the payee is not as it was confirmed.
        """
        sender = subject.customer
        transfer = person_transfer(sender, asked.number)
        if self.ledger.engine.remembered(transfer) is not None:
            return await self._first(sender, transfer, asked)
        wanted = await self._read(sender, asked, fresh=False)
        self.ledger.require_deciding()  # before the challenge is spent
        care = await self.care_of(sender, wanted)
        if care.waits:
            await self.waiting.put(sender, transfer, wanted.payee.text)
        passed = await self.verification.consume(challenge, subject, _binding(wanted, asked, care))
        if self.ledger.engine.remembered(transfer) is not None:  # another has come first meanwhile
            return await self._first(sender, transfer, asked)
        return await self._made(sender, wanted, passed, care)

    async def make(
        self, sender: CustomerNumber, wanted: Wanted, passed: Passed, told: Care | None = None
    ) -> PersonTransferDecided:
        """Moves the money, or says why not, once for each number; again, it tells the first answer. `told`: what the
        sender was told as they confirmed it; None: they confirm nothing now, and are told if it is held.

        Raises PersonTransferNumberUsed, LedgerStopped, NotDeciding.
        """
        care = await self.care_of(sender, wanted) if told is None else told
        transfer = person_transfer(sender, wanted.number)
        if self.ledger.engine.remembered(transfer) is None:  # from here to the decision nothing awaits
            return await self._made(sender, wanted, passed, care._replace(waits=0))
        fact = await self._known(sender, transfer)
        if fact is None or not _same(fact, wanted):
            raise PersonTransferNumberUsed(wanted.number)
        return fact

    async def care(self, sender: CustomerNumber, asked: Asked) -> Care:
        """What the sender is told before they confirm. Raises CheckNotFound, PayeeChanged, PersonTransferInvalid."""
        return await self.care_of(sender, await self._read(sender, asked, fresh=True))

    async def care_of(self, sender: CustomerNumber, wanted: Wanted) -> Care:
        """The same, of what was looked up."""
        return await self.caution.of(sender, wanted.payee, wanted.amount, wanted.currency)

    async def cancel(self, subject: Subject, id: str) -> Shown:
        """The money of a transfer that is held or waits is the sender's again; again, it changes nothing.

        Raises PersonTransferNotFound, TransferOver, NotDeciding.
        """
        found = await self.get(subject.customer, id)
        if found.fact.sender != subject.customer:
            raise PersonTransferNotFound
        if found.status is PersonTransferStatus.CANCELLED:
            return found
        self.endings.give_back(found.fact, PersonTransferStatus.CANCELLED, str(subject))
        await self.ledger.durable(self.ledger.position)  # also of another cancel at the same time
        found = await self.get(subject.customer, id)
        if found.status is not PersonTransferStatus.CANCELLED:
            raise TransferOver
        return found

    async def get(self, customer: CustomerNumber, id: str) -> Shown:
        """A transfer that the customer has sent, or received. Raises PersonTransferNotFound, ReadsBehind."""
        await self.reads.wait(self.ledger.durable_position, who=("customer", customer))
        found = await self.reads.by_id(customer, id)
        if found is None:
            raise PersonTransferNotFound
        return found

    async def views(self, customer: CustomerNumber, found: Sequence[Shown], language: str) -> list[View]:
        """Transfers as this customer, who is one of the sides, is shown them."""
        senders = {one.fact.sender for one in found} - {customer}
        names = await self.transactions.read(self._names, senders) if senders else {}
        return [view_of(one, customer, names, language) for one in found]

    async def decided(self, sender: CustomerNumber, number: str) -> PersonTransferDecided | None:
        """What became of the transfer of this number, durable by now; None if there was none. Raises ReadsBehind."""
        transfer = person_transfer(sender, number)
        return await self._known(sender, transfer) if self.ledger.engine.remembered(transfer) is not None else None

    async def _made(self, sender: CustomerNumber, wanted: Wanted, passed: Passed, care: Care) -> PersonTransferDecided:
        fact = self.decider.decide(sender, wanted, passed, care)
        if fact.held_until:
            self.endings.watch(fact)
        await self.ledger.durable(self.ledger.position)
        return fact

    def _names(self, connection: Connection, numbers: Iterable[CustomerNumber]) -> dict[CustomerNumber, str]:
        known = (self.payees.customers.by_number(connection, number) for number in numbers)
        return {one.number: one.name for one in known if one is not None}

    async def _known(self, sender: CustomerNumber, transfer: bytes) -> PersonTransferDecided | None:
        """What was decided before, durable by now."""
        fact, position = self.decider.recent.get(transfer), self.ledger.position
        await self.ledger.durable(position)
        if fact is None:
            await self.reads.wait(position, who=("customer", sender))
            fact = await self.reads.by_transfer(transfer)
        return fact

    async def _first(self, sender: CustomerNumber, transfer: bytes, asked: Asked) -> PersonTransferDecided:
        fact = await self._known(sender, transfer)
        if fact is None:
            raise PersonTransferNumberUsed(asked.number)
        source = await self.transactions.read(self.source_of, sender, asked, fact.currency) if asked.source else b""
        given = asked.check, asked.amount, asked.currency, asked.note, source or fact.debit
        if given != (fact.check, fact.amount, BY_NUMBER[fact.currency].code, fact.note, fact.debit):
            raise PersonTransferNumberUsed(asked.number)
        return fact

    async def _read(self, sender: CustomerNumber, asked: Asked, *, fresh: bool) -> Wanted:
        return await self.transactions.read(self.wanted, sender, asked, fresh)

    def wanted(self, connection: Connection, sender: CustomerNumber, asked: Asked, fresh: bool) -> Wanted:
        """What is asked for, with all that is looked up. Raises as `begin` does; CheckNotFound and PayeeChanged only if
        it has to be `fresh`."""
        check_asked(asked)
        payee, same, at = self.payees.again(connection, sender, asked.check)
        if fresh and at <= self.payees.clock.now() - FRESH:
            raise CheckNotFound
        if fresh and not same:
            raise PayeeChanged
        currency = BY_CODE.get(asked.currency)
        if currency is None or payee.found.currency not in (0, currency.number):
            raise PersonTransferInvalid("currency")
        if payee.found.amount not in (0, asked.amount):
            raise PersonTransferInvalid("amount")
        source = self.source_of(connection, sender, asked, currency.number)
        return Wanted(asked.number, payee, asked.amount, currency.number, source, asked.note, check=asked.check)

    def source_of(
        self, connection: Connection, sender: CustomerNumber, asked: Asked, currency: CurrencyNumber
    ) -> bytes:
        """The account that it is taken from. Raises PersonTransferInvalid."""
        if asked.source == WALLET:
            return wallet_id(currency, sender)
        if not asked.source:
            return self.sources.choose(currency, sender, asked.amount)
        try:
            account = self.deposits.own(connection, sender, asked.source)
        except AccountNotFound:
            raise PersonTransferInvalid("source") from None
        if account.currency != currency:
            raise PersonTransferInvalid("source")
        return account.ledger_id


def check_asked(asked: Asked) -> None:
    """Raises PersonTransferInvalid."""
    if not 0 < asked.amount <= MAX_AMOUNT:
        raise PersonTransferInvalid("amount")
    ours = asked.number.startswith((MONEY_REQUEST, SCHEDULE))  # what pays these has numbers that the bank makes
    if not 0 < len(asked.number) <= LONGEST_NUMBER or not is_visible(asked.number) or ours:
        raise PersonTransferInvalid("number")
    if len(asked.note) > LONGEST_NOTE or not is_visible(asked.note):
        raise PersonTransferInvalid("note")


def _binding(wanted: Wanted, asked: Asked, care: Care) -> ChallengeBinding:
    """What is confirmed: the payee as of now, and whether it is held, so that a change of it voids what was confirmed
    before."""
    return ChallengeBinding(
        purpose=Purpose.TRANSFER,
        kind=METHOD,
        amount=wanted.amount,
        currency=wanted.currency,
        payee=payee_words(wanted.payee),
        reference=asked.note,
        ids="\n".join((asked.number, asked.check, asked.source, wanted.payee.digest, care.told)),
    )


def payee_words(payee: Payee) -> str:
    """The payee in the text that is confirmed."""
    return f"{payee.confirmed_name} ({payee.shown})" if payee.confirmed_name else payee.shown


def _same(fact: PersonTransferDecided, wanted: Wanted) -> bool:
    payee = wanted.payee
    asked = wanted.amount, wanted.currency, payee.customer, payee.way, wanted.note, wanted.about
    return asked == (fact.amount, fact.currency, fact.receiver, fact.way, fact.note, fact.about)
