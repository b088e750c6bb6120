"""The decision of a transfer between people: limits, payee, balance, all in one stretch in which nothing awaits.

What the rules forbid is made known to the ledger as well, so that a number that was declined stays so, whatever is
forgotten. After `_post` has posted a chain the transfer is made.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from feiqian.accounts.kinds import day_amount_id
from feiqian.auth.challenges.model import Passed
from feiqian.clock import HOUR, MICROSECONDS
from feiqian.events import PersonTransferDecided, PersonTransferStatus, Proof, encode_fact
from feiqian.ids import NO_CUSTOMER, PERSON_TRANSFER, CustomerNumber, new_id
from feiqian.ledger import chart
from feiqian.ledger.engine import chain
from feiqian.ledger.ledger import Ledger
from feiqian.limits.counting import linked
from feiqian.limits.giving_back import counters_of
from feiqian.limits.model import LimitQuestion, Refused
from feiqian.limits.service import PaymentLimits
from feiqian.payees.model import NameCheck
from feiqian.payees.service import Payees
from feiqian.payments.recent import Recent
from feiqian.transfers.caution import Care
from feiqian.transfers.kinds import PersonTransferKind, WaitingAccountKind, waiting_id
from feiqian.transfers.model import BY_REFUSAL, METHOD, TransferDecline, Wanted

_LIMITS = frozenset(Refused) - {Refused.BALANCE_LIMIT, Refused.SENDER_NOT_BOUND}
Decline = TransferDecline | Refused


@dataclass(kw_only=True, eq=False, repr=False)
class Decider:
    """Of one bank. Everything here belongs to the event loop."""

    ledger: Ledger
    limits: PaymentLimits
    payees: Payees
    recent: Recent[PersonTransferDecided] = field(default_factory=Recent, init=False)

    def decide(self, sender: CustomerNumber, wanted: Wanted, passed: Passed, care: Care) -> PersonTransferDecided:
        """Decides, posts and records what the ledger does not remember. Raises LedgerStopped, NotDeciding."""
        now = self.ledger.clock.now()
        transfer = person_transfer(sender, wanted.number)
        counted = self._counted(sender, wanted, passed, care, now)
        decline = self._post(sender, wanted, counted, transfer, care)
        payee, hours = wanted.payee, (care.waits or care.held) if decline is None else 0
        fact = PersonTransferDecided(
            id=new_id(PERSON_TRANSFER, now),
            transfer=transfer,
            status=_status(care) if decline is None else PersonTransferStatus.DECLINED,
            reason=decline and decline.value,
            sender=sender,
            receiver=payee.customer,
            amount=wanted.amount,
            currency=wanted.currency,
            debit=wanted.source,
            credit=self._credit(wanted),
            note=wanted.note,
            number=wanted.number,
            created_at=now,
            held_until=now + hours * HOUR if hours else 0,
            way=payee.way.value,
            payee=payee.confirmed_name,
            about=wanted.about,
            check=wanted.check,
            proof=Proof(passed.challenge, tuple(factor.value for factor in passed.factors), passed.evidence),
            limit=self.limits.met(_asked(sender, wanted, now), passed.factors) if decline in _LIMITS else None,
            counters=counters_of(counted) if hours and isinstance(counted, bytes) else b"",
            counted_on=self.ledger.clock.day(now // MICROSECONDS) if hours else 0,
        )
        self.ledger.record(encode_fact(fact))
        self.recent.put(transfer, fact)
        return fact

    def _post(
        self, sender: CustomerNumber, wanted: Wanted, counted: bytes | Decline, transfer: bytes, care: Care
    ) -> Decline | None:
        """Moves or holds the money, or makes the refusal known to the ledger: why, or None."""
        if not isinstance(counted, bytes):
            # From an account to itself, which is refused whatever the state: the number stays declined.
            source, kind = wanted.source, PersonTransferKind.PERSON_TRANSFER
            self.ledger.post(chart.hold(transfer, debit=source, credit=source, amount=0, timeout_seconds=0, kind=kind))
            return counted
        refusal = self.ledger.post(counted + self._money(wanted, transfer, care)).refusal
        if refusal == 0:
            return None
        if not refusal.remembered:
            raise RuntimeError(f"a transfer between people was refused as {refusal.name}")
        return BY_REFUSAL.get(refusal, TransferDecline.NOT_POSSIBLE)

    def _money(self, wanted: Wanted, transfer: bytes, care: Care) -> bytes:
        """The events that move the money, or hold it."""
        if not (care.waits or care.held):
            credit, kind = self._credit(wanted), PersonTransferKind.PERSON_TRANSFER
            return chart.transfer(transfer, debit=wanted.source, credit=credit, amount=wanted.amount, kind=kind)
        kind = PersonTransferKind.PERSON_TRANSFER_HELD
        if care.waits:
            kind = PersonTransferKind.PERSON_TRANSFER_WAITING
        against = waiting_id(wanted.currency)
        return chain(
            chart.account(against, WaitingAccountKind.WAITING_MONEY, wanted.currency),
            chart.hold(
                transfer, debit=wanted.source, credit=against, amount=wanted.amount, timeout_seconds=0, kind=kind
            ),
        )

    def _counted(self, sender: CustomerNumber, wanted: Wanted, passed: Passed, care: Care, now: int) -> bytes | Decline:
        """The linked events that count it towards the sender's limits, or why it is not made."""
        if (decline := self._refused(sender, wanted, care)) is not None:
            return decline
        counted = self.limits.at_confirmation(_asked(sender, wanted, now), passed.factors)
        if not isinstance(counted, bytes):
            return counted
        return counted + linked(chart.use(day_amount_id(wanted.currency, sender), wanted.amount))

    def _refused(self, sender: CustomerNumber, wanted: Wanted, care: Care) -> TransferDecline | None:
        payee = wanted.payee
        if payee.check is NameCheck.NO_MATCH and payee.found.known:
            return TransferDecline.NAME_DIFFERS
        if payee.check is NameCheck.NO_MATCH and not care.waits:
            return TransferDecline.PAYEE_NOT_FOUND
        if wanted.amount > care.at_most:
            return TransferDecline.UNUSUAL_TOO_HIGH
        if care.waits:
            return None
        if payee.customer in (NO_CUSTOMER, sender):
            return TransferDecline.NOT_POSSIBLE
        if not self.payees.receives(payee.found, wanted.currency, wanted.amount):
            return TransferDecline.PAYEE_NOT_RECEIVING
        return None

    def _credit(self, wanted: Wanted) -> bytes:
        """Where the money goes; of nobody, nowhere."""
        payee = wanted.payee
        return self.payees.account_of(payee.found, wanted.currency) if payee.found.known else b""


def _asked(sender: CustomerNumber, wanted: Wanted, now: int) -> LimitQuestion:
    return LimitQuestion(sender, wanted.currency, wanted.amount, now // MICROSECONDS, METHOD)


def _status(care: Care) -> PersonTransferStatus:
    """Of what was not declined, at first."""
    if care.waits:
        return PersonTransferStatus.WAITING
    return PersonTransferStatus.HELD if care.held else PersonTransferStatus.SUCCEEDED


def person_transfer(sender: CustomerNumber, number: str) -> bytes:
    """The id of the transfer that a sender's number names."""
    return chart.derived_id(b"person-transfer", sender.to_bytes(8, "big"), number.encode())
