"""Paying a request: confirmed for this request, payee and amount, and a transfer between people then.

It is paid at most once, whatever races: the transfer's number is the request's id and the attempt, and another attempt
begins only after the ledger has declined the one before, for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection

from feiqian.auth.challenges.model import ChallengeBinding, ChallengeView
from feiqian.auth.challenges.service import Verification
from feiqian.clock import MICROSECONDS
from feiqian.events import PersonTransferDecided
from feiqian.ids import CustomerNumber
from feiqian.ledger.ledger import Ledger
from feiqian.limits.model import LimitQuestion
from feiqian.limits.service import PaymentLimits
from feiqian.money import BY_NUMBER
from feiqian.payees.model import Way
from feiqian.payees.service import Payees
from feiqian.policy.factors import Purpose
from feiqian.requests.errors import RequestOver
from feiqian.requests.model import MoneyRequest, RequestStatus
from feiqian.requests.service import MoneyRequests
from feiqian.requests.tables import requests
from feiqian.runtime.transactions import Transactions
from feiqian.subjects import Subject
from feiqian.transfers.caution import Care
from feiqian.transfers.model import METHOD, Asked, Wanted
from feiqian.transfers.service import PersonTransfers, payee_words

_c = requests.c


class Paying(NamedTuple):
    """Which request, and from where: an account's id, WALLET, or "": as payments by code are taken."""

    request: str
    source: str = ""


@dataclass(kw_only=True, eq=False, repr=False)
class PayingRequests:
    """Of one bank. Whose session it is, the caller knows."""

    transactions: Transactions
    ledger: Ledger
    limits: PaymentLimits
    payees: Payees
    verification: Verification
    transfers: PersonTransfers
    requests: MoneyRequests

    async def begin(self, subject: Subject, paying: Paying, language: str, device: str | None) -> ChallengeView:
        """What the payer has to pass. Raises RequestNotFound, RequestOver, PersonTransferInvalid, UnusualTooHigh, and
        what `Verification.begin` raises."""
        wanted = await self.transactions.read(self._wanted, subject.customer, paying)
        care = await self.transfers.care_of(subject.customer, wanted)
        care.check(wanted.amount, wanted.currency)
        now = self.ledger.clock.now() // MICROSECONDS
        asking = LimitQuestion(subject.customer, wanted.currency, wanted.amount, now, METHOD)
        needs = self.limits.needs(asking, Purpose.TRANSFER)
        return await self.verification.begin(subject, _binding(wanted, paying, care), language, needs, device=device)

    async def pay(self, subject: Subject, paying: Paying, challenge: str) -> PersonTransferDecided:
        """Makes the transfer with the challenge that was passed for it; again, it tells what became of it.

        Raises RequestNotFound, RequestOver, PersonTransferInvalid, NotDeciding, and what `Verification.consume` raises.
        """
        payer = subject.customer
        if (before := await self._before(payer, paying.request)) is not None:
            return before
        wanted = await self.transactions.read(self._wanted, payer, paying)
        self.ledger.require_deciding()  # before the challenge is spent
        care = await self.transfers.care_of(payer, wanted)
        passed = await self.verification.consume(challenge, subject, _binding(wanted, paying, care))
        fact = await self.transfers.make(payer, wanted, passed, care)
        await self.transactions.write(self.requests.settle, fact)
        return fact

    async def care(self, payer: CustomerNumber, paying: Paying) -> Care:
        """What the payer is told before they confirm. Raises RequestNotFound, RequestOver, PersonTransferInvalid."""
        return await self.transfers.care_of(payer, await self.transactions.read(self._wanted, payer, paying))

    # --- how ---------------------------------------------------------------------------------------------------------

    async def _before(self, payer: CustomerNumber, id: str) -> PersonTransferDecided | None:
        """The transfer of the attempt that is under way, or has paid it, if the ledger has decided it: of a payment
        that was asked for again, or after a crash."""
        found = await self.transactions.read(self._sent, payer, id)
        before = await self.transfers.decided(payer, found.number)
        if before is not None:
            await self.transactions.write(self.requests.settle, before)
        return before

    def _sent(self, connection: Connection, payer: CustomerNumber, id: str) -> MoneyRequest:
        return self.requests.one(connection, _c.id == id, _c.asked == payer)

    def _wanted(self, connection: Connection, payer: CustomerNumber, paying: Paying) -> Wanted:
        found = self._sent(connection, payer, paying.request)
        if found.status is not RequestStatus.OPEN:
            raise RequestOver(found.status)
        payee = self.payees.named(connection, Way.REQUEST, found.id, "")
        code = BY_NUMBER[found.currency].code
        asked = Asked(found.number, "", found.amount, code, paying.source, found.note)
        source = self.transfers.source_of(connection, payer, asked, found.currency)
        return Wanted(found.number, payee, found.amount, found.currency, source, found.note, about=found.id)


def _binding(wanted: Wanted, paying: Paying, care: Care) -> ChallengeBinding:
    """What is confirmed: this request and attempt, from this account, to this payee as of now, and whether the money is
    held first."""
    return ChallengeBinding(
        purpose=Purpose.TRANSFER,
        kind=METHOD,
        amount=wanted.amount,
        currency=wanted.currency,
        payee=payee_words(wanted.payee),
        reference=wanted.note,
        ids="\n".join((wanted.number, paying.source, wanted.payee.digest, care.told)),
    )
