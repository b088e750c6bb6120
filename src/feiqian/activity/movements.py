"""What payments, refunds, own transfers, balances brought in and corrections are called, and say of themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from feiqian.accounts.kinds import AccountTransferKind
from feiqian.accounts.opening import shown_reference
from feiqian.deposits.kinds import DepositTransferKind
from feiqian.deposits.model import WALLET, DepositAccount
from feiqian.events import OwnTransferDecided, PaymentStatus, RefundDecided
from feiqian.ids import PAYMENT, TRANSFER, CustomerNumber, is_id
from feiqian.money import BY_NUMBER, MinorUnits, Money
from feiqian.payments.kinds import TransferKind
from feiqian.payments.movement_kinds import Described, Details, Line, MovementKind, Step, Unmoved
from feiqian.payments.plan import payer_account
from feiqian.payments.read_model.rows import PaymentRow

if TYPE_CHECKING:
    from feiqian.services import Services

_REFERENCE = "activity.reference"
_ENDS = {
    PaymentStatus.DECLINED: "activity.step.declined",
    PaymentStatus.CANCELLED: "activity.step.cancelled",
    PaymentStatus.EXPIRED: "activity.step.expired",
    PaymentStatus.VOIDED: "activity.step.voided",
    PaymentStatus.LAPSED: "activity.step.lapsed",
}
_HELD = frozenset({PaymentStatus.AUTHORISED, PaymentStatus.VOIDED, PaymentStatus.LAPSED})  # once, or still


class Payments(MovementKind):
    """Payments to shops and their refunds; those that wait, are authorised, or came to nothing."""

    kinds = frozenset(map(int, (TransferKind.PAYMENT, TransferKind.REFUND)))

    def __init__(self, services: Services) -> None:
        self._reads, self._merchants = services.reads, services.merchants

    async def describe(self, customer: CustomerNumber, lines: Sequence[Line]) -> Sequence[Described]:
        back = [line.entry.transfer for line in lines if line.entry.kind == TransferKind.REFUND]
        refunds = await self._reads.refunds_by_transfers(back) if back else {}
        return [self._described(line, refunds.get(line.entry.transfer)) for line in lines]

    def _described(self, line: Line, refund: RefundDecided | None) -> Described:
        paid = line.payment
        if paid is None:
            return Described("activity.what.payment")
        if line.entry.kind == TransferKind.REFUND:
            reference = refund.id if refund is not None else ""
            return self._of(paid, "activity.what.refund", reference, "succeeded", icon="undo")
        return self._of(paid, "activity.what.payment", paid.id, _status_of(paid))

    def _of(self, paid: PaymentRow, text: str, reference: str, status: str, icon: str = "till") -> Described:
        return Described(
            text=text,
            who=self._merchants.name(paid.merchant),
            note=paid.description,
            path=f"/confirm/{paid.id}",
            reference=reference,
            status=status,
            icon=icon,
            reason=f"reason.{paid.reason}" if paid.reason else "",
            words=f"{paid.merchant_order} {paid.id}",
        )

    async def details(self, customer: CustomerNumber, line: Line, described: Described) -> Details:
        paid = line.payment
        if paid is None:
            return Details()
        refunds = [one for one in await self._reads.refunds_of(paid.id) if one.status == "succeeded"]
        if line.entry.kind == TransferKind.REFUND:
            of = (("activity.refund", described.reference), ("activity.payment", paid.id))
            steps = [Step("activity.step.paid", paid.closed_at or paid.created_at)]
            return Details((*of, *_order(paid)), [*steps, Step("activity.step.refunded", line.entry.at)])
        steps = [*_begun(paid), Step("activity.step.paid", line.entry.at)]
        steps += [Step("activity.step.refunded", one.created_at) for one in refunds]
        back = Money(paid.refunded, BY_NUMBER[paid.currency]) if paid.refunded else None
        return Details(_references(paid), steps, back=back)

    async def unmoved(self, customer: CustomerNumber, before: tuple[int, int], limit: int) -> Sequence[Unmoved]:
        found = await self._reads.not_paid_of_customer(customer, before, limit)
        return [self._unmoved(one.payment, one.number) for one in found]

    def _unmoved(self, paid: PaymentRow, number: int) -> Unmoved:
        described = self._of(paid, "activity.what.payment", paid.id, paid.status.value)
        account, amount = payer_account(paid.fact), MinorUnits(-paid.amount)
        at = paid.created_at
        return Unmoved(paid.id, paid.position, number, at, account, amount, paid.currency, described)

    async def find(self, customer: CustomerNumber, id: str) -> Unmoved | int | None:
        paid = await self._reads.payment_by_id(id) if is_id(PAYMENT, id) else None
        if paid is None or paid.customer != customer:
            return None
        if paid.status is PaymentStatus.SUCCEEDED:
            return paid.closed_at or paid.created_at
        return self._unmoved(paid, 0)

    async def details_of_unmoved(self, customer: CustomerNumber, it: Unmoved) -> Details:
        paid = await self._reads.payment_by_id(it.id)
        if paid is None:
            return Details()
        end = _ENDS.get(paid.status)
        ended = [Step(end, paid.closed_at or paid.created_at)] if end is not None else []
        return Details(_references(paid), [*_begun(paid), *ended])


def _status_of(paid: PaymentRow) -> str:
    if not paid.refunded:
        return "succeeded"
    return "refunded" if paid.refunded >= paid.amount else "partly_refunded"


def _begun(paid: PaymentRow) -> list[Step]:
    """Of what was held, or waited for its customer."""
    if paid.status in _HELD:
        return [Step("activity.step.held", paid.created_at)]
    return [Step("activity.step.waited", paid.created_at)] if paid.expires_at else []


def _references(paid: PaymentRow) -> list[tuple[str, str]]:
    return [("activity.payment", paid.id), *_order(paid)]


def _order(paid: PaymentRow) -> list[tuple[str, str]]:
    return [("activity.order", paid.merchant_order)] if paid.merchant_order else []


class OwnTransfers(MovementKind):
    """Between a customer's own accounts; what an account had when it was closed is one, too."""

    kinds = frozenset(map(int, DepositTransferKind))
    between_own = kinds

    def __init__(self, services: Services) -> None:
        self._deposits, self._transfers = services.deposits, services.own_transfers

    async def describe(self, customer: CustomerNumber, lines: Sequence[Line]) -> Sequence[Described]:
        reads = self._transfers.reads
        await reads.wait(max(line.entry.position for line in lines), who=("customer", customer))
        facts = await reads.by_transfers([line.entry.transfer for line in lines])
        others = {account.ledger_id: account for account in await self._deposits.all_of(customer)}
        return [_own(line, facts.get(line.entry.transfer), others) for line in lines]

    async def details(self, customer: CustomerNumber, line: Line, described: Described) -> Details:
        return Details([("activity.transfer", described.reference)], [Step("activity.step.moved", line.entry.at)])

    async def find(self, customer: CustomerNumber, id: str) -> Unmoved | int | None:
        """One that was declined is told at once, and is in no list."""
        fact = await self._transfers.reads.by_id(customer, id) if is_id(TRANSFER, id) else None
        return fact.created_at if fact is not None and fact.status == "succeeded" else None


def _own(line: Line, fact: OwnTransferDecided | None, others: Mapping[bytes, DepositAccount]) -> Described:
    closing = line.entry.kind == DepositTransferKind.CLOSING
    text = "activity.what.closing" if closing else "activity.what.own_transfer"
    if fact is None:
        return Described(text, icon="forward")
    other = others.get(fact.debit if line.entry.amount > 0 else fact.credit)
    shown = f"{other.alias} {other.masked}".strip() if other is not None else ""
    account = other.id if other is not None else WALLET
    path = f"/accounts/transfer/{fact.id}"
    return Described(text, shown, path=path, reference=fact.id, icon="forward", account=account, words=fact.number)


class FromTheBank(MovementKind):
    """What somebody brought in, and what the bank has put right."""

    kinds = frozenset(map(int, AccountTransferKind))

    def __init__(self, services: Services) -> None:
        """It needs nothing."""

    async def describe(self, customer: CustomerNumber, lines: Sequence[Line]) -> Sequence[Described]:
        return [_by_the_bank(line) for line in lines]

    async def details(self, customer: CustomerNumber, line: Line, described: Described) -> Details:
        references = [(_REFERENCE, described.reference)] if described.reference else []
        return Details(references, [Step("activity.step.booked", line.entry.at)])


def _by_the_bank(line: Line) -> Described:
    if line.entry.kind == AccountTransferKind.CORRECTION:
        return Described("activity.what.correction", reference=shown_reference(line.entry.transfer), icon="bank")
    return Described("activity.what.opening", icon="bank")


MOVEMENTS = (Payments, OwnTransfers, FromTheBank)
