"""The decision that makes a packet: limits, receiver, balance, all in one stretch in which nothing awaits.

What the rules forbid is made known to the ledger as well, so that a number that was declined stays so, whatever is
forgotten. After `_post` has posted a chain the money is in the packet.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from feiqian.accounts.kinds import day_amount_id
from feiqian.auth.challenges.model import Passed
from feiqian.clock import MICROSECONDS
from feiqian.events import LimitMet, PacketMade, PacketStatus, Proof, encode_fact
from feiqian.ids import CustomerNumber
from feiqian.ledger import chart
from feiqian.ledger.engine import Period, chain
from feiqian.ledger.ledger import Ledger
from feiqian.limits.counting import Counting
from feiqian.limits.model import LimitQuestion, Refused
from feiqian.limits.service import PaymentLimits
from feiqian.packets import kinds
from feiqian.packets.kinds import PacketAccountKind, PacketTransferKind
from feiqian.packets.model import BY_REFUSAL, PacketDecline, Wanted
from feiqian.payees.service import Payees
from feiqian.payments.recent import Recent
from feiqian.policy.model import PacketRules
from feiqian.transfers.model import METHOD

_LIMITS = frozenset(Refused) - {Refused.BALANCE_LIMIT, Refused.SENDER_NOT_BOUND}
Decline = PacketDecline | Refused


@dataclass(kw_only=True, eq=False, repr=False)
class Filler:
    """Of one bank. Everything here belongs to the event loop."""

    ledger: Ledger
    limits: PaymentLimits
    payees: Payees
    rules: PacketRules
    recent: Recent[PacketMade] = field(default_factory=Recent, init=False)

    def decide(self, sender: CustomerNumber, wanted: Wanted, proved: Passed) -> PacketMade:
        """Decides, posts and records what the ledger does not remember. Raises LedgerStopped, NotDeciding."""
        now, asked = self.ledger.clock.now(), wanted.asked
        transfer = kinds.filled(sender, asked.number)
        decline = self._post(sender, wanted, proved, transfer, now)
        fact = PacketMade(
            id=wanted.id,
            transfer=transfer,
            status=PacketStatus.OPEN if decline is None else PacketStatus.DECLINED,
            reason=decline and decline.value,
            sender=sender,
            receiver=wanted.receiver,
            amount=asked.amount,
            currency=wanted.currency,
            debit=wanted.source,
            shares=wanted.shares,
            mode=asked.mode.value,
            note=asked.note,
            number=asked.number,
            created_at=now,
            ends_at=wanted.ends_at,
            payee=wanted.payee.confirmed_name if wanted.payee else "",
            check=asked.check,
            proof=Proof(proved.challenge, tuple(factor.value for factor in proved.factors), proved.evidence),
            limit=self._met(sender, wanted, proved, now) if decline in _LIMITS else None,
        )
        self.ledger.record(encode_fact(fact))
        self.recent.put(transfer, fact)
        return fact

    def _post(
        self, sender: CustomerNumber, wanted: Wanted, proved: Passed, transfer: bytes, now: int
    ) -> Decline | None:
        """Moves the money, or makes the refusal known to the ledger: why, or None."""
        counted, kind, source = (
            self._counted(sender, wanted, proved, now),
            PacketTransferKind.PACKET_FILLED,
            wanted.source,
        )
        if not isinstance(counted, bytes):
            # From an account to itself, which is refused whatever the state: the number stays declined.
            self.ledger.post(chart.hold(transfer, debit=source, credit=source, amount=0, timeout_seconds=0, kind=kind))
            return counted
        amount, bank = wanted.asked.amount, kinds.bank_account(wanted.currency)
        refusal = self.ledger.post(
            counted
            + chain(
                chart.use(day_amount_id(wanted.currency, sender), amount),
                chart.account(bank, PacketAccountKind.RED_PACKETS, wanted.currency),
                chart.allowance(kinds.total(wanted.id), amount, Period.EVER),
                chart.transfer(transfer, debit=source, credit=bank, amount=amount, kind=kind),
            )
        ).refusal
        if refusal == 0:
            return None
        if not refusal.remembered:
            raise RuntimeError(f"a red packet was refused as {refusal.name}")
        return BY_REFUSAL.get(refusal, PacketDecline.NOT_POSSIBLE)

    def _counted(self, sender: CustomerNumber, wanted: Wanted, proved: Passed, now: int) -> bytes | Decline:
        """The events that count it towards what the sender may, or why it is not made."""
        payee, asked, seconds = wanted.payee, wanted.asked, now // MICROSECONDS
        taken = self.ledger.engine.used(kinds.total(wanted.id)) is not None  # by another of the same short name
        if taken or now >= wanted.ends_at or wanted.receiver == sender:
            return PacketDecline.NOT_POSSIBLE
        if payee is not None and not self.payees.receives(payee.found, wanted.currency, asked.amount):
            return PacketDecline.RECEIVER_NOT_RECEIVING
        counting, most = Counting(self.ledger), self.rules.made_day
        made = counting.use(kinds.made_day(sender), Period.DAY, most, 1, seconds)
        if made is None:
            return PacketDecline.TOO_MANY_PACKETS
        counted = self.limits.at_confirmation(_question(sender, wanted, now), proved.factors)
        return made + counted if isinstance(counted, bytes) else counted

    def _met(self, sender: CustomerNumber, wanted: Wanted, proved: Passed, now: int) -> LimitMet | None:
        return self.limits.met(_question(sender, wanted, now), proved.factors)


def _question(sender: CustomerNumber, wanted: Wanted, now: int) -> LimitQuestion:
    """What limits are asked about it; `now` in Unix µs."""
    return LimitQuestion(sender, wanted.currency, wanted.asked.amount, now // MICROSECONDS, METHOD)
