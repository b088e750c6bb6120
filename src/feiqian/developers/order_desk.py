"""What a merchant's people do with orders: refund with fresh factors, capture, void, close. The audit log says who.

Every act has a number that its page was made with, so that a form that is sent twice does it once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection

from feiqian.audit_log.log import AuditLog
from feiqian.auth.challenges.model import ChallengeBinding, ChallengeView
from feiqian.auth.challenges.service import Verification
from feiqian.clock import Clock
from feiqian.merchant_users.model import Member, Permission
from feiqian.money import BY_CODE, MinorUnits
from feiqian.orders.errors import OrderStateForbids
from feiqian.orders.model import Order
from feiqian.orders.requests import CaptureRequest, OrderRefundRequest
from feiqian.orders.service import Orders
from feiqian.payments.views import RefundView
from feiqian.policy.factors import Purpose
from feiqian.runtime.transactions import Transactions, writes


class Refund(NamedTuple):
    """What is given back. `number` makes it one; `why` is told the audit log alone."""

    order: str
    amount: MinorUnits
    why: str
    number: str


@dataclass(kw_only=True, eq=False, repr=False)
class OrderDesk:
    """For all merchants; every method is of the member's own. Raises NotPermitted, OrderNotFound, and as `Orders`."""

    transactions: Transactions
    clock: Clock
    verification: Verification
    audit_log: AuditLog
    orders: Orders

    # --- refunds -----------------------------------------------------------------------------------------------------

    async def confirm_refund(self, member: Member, refund: Refund, language: str) -> ChallengeView:
        """Begins the challenge that the refund spends. Raises FactorNotEnrolled."""
        order = await self._order(member, Permission.ORDERS_REFUND, refund.order)
        if refund.amount > refundable(order):
            raise OrderStateForbids("there is not so much left to refund")
        return await self._begin(member, _refunding(member, order, refund), language)

    async def refund(self, member: Member, refund: Refund, challenge: str) -> RefundView:
        """Once for each number. Raises verification's errors."""
        order = await self._order(member, Permission.ORDERS_REFUND, refund.order)
        await self._spend(member, order, refund, challenge)
        request = OrderRefundRequest(amount=refund.amount, merchant_refund=refund.number)
        return await self.orders.refund(member.merchant, order.id, request)

    @writes
    def _begin(self, connection: Connection, member: Member, binding: ChallengeBinding, language: str) -> ChallengeView:
        device = member.session.device
        return self.verification.begin.within(connection, member.subject, binding, language, device=device)

    @writes
    def _spend(self, connection: Connection, member: Member, order: Order, refund: Refund, challenge: str) -> None:
        binding, now = _refunding(member, order, refund), self.clock.now()
        self.verification.consume_within(connection, challenge, member.subject, binding, now)
        amount = {"amount": refund.amount, "currency": BY_CODE[order.currency].number}
        self._record(connection, member, "order_refunded", order.id, amount | {"why": refund.why})

    # --- the rest ----------------------------------------------------------------------------------------------------

    async def capture(self, member: Member, id: str, amount: MinorUnits, number: str, *, final: bool) -> Order:
        """Takes part or all of what is authorised; the rest is given up if that is `final`."""
        order = await self._order(member, Permission.ORDERS_TAKE, id)
        told = {"amount": amount, "currency": BY_CODE[order.currency].number}
        await self._note(member, "order_captured", id, told)
        return await self.orders.capture(
            member.merchant, id, CaptureRequest(amount=amount, merchant_capture=number, final=final)
        )

    async def void(self, member: Member, id: str) -> Order:
        """Gives up what is authorised."""
        await self._order(member, Permission.ORDERS_REFUND, id)
        await self._note(member, "order_voided", id, {})
        return await self.orders.void(member.merchant, id)

    async def close(self, member: Member, id: str) -> Order:
        """Nobody can pay it any more."""
        await self._order(member, Permission.ORDERS_REFUND, id)
        await self._note(member, "order_closed", id, {})
        return await self.orders.close(member.merchant, id)

    async def _order(self, member: Member, needed: Permission, id: str) -> Order:
        member.require(needed)
        return await self.orders.get(member.merchant, id)

    @writes
    def _note(self, connection: Connection, member: Member, act: str, id: str, details: dict[str, Any]) -> None:
        """Before it is done: what the log does not have nobody has done, and what was refused was asked for."""
        self._record(connection, member, act, id, details)

    def _record(self, connection: Connection, member: Member, act: str, id: str, details: dict[str, Any]) -> None:
        self.audit_log.append(connection, member.subject, act, id, details, self.clock.now())


def refundable(order: Order) -> MinorUnits:
    """The most that one refund can give back: it is of one capture."""
    return max((MinorUnits(one.amount - one.refunded) for one in order.taken), default=MinorUnits(0))


def _refunding(member: Member, order: Order, refund: Refund) -> ChallengeBinding:
    merchant = member.merchant
    return ChallengeBinding(
        purpose=Purpose.MERCHANT_REFUND,
        amount=refund.amount,
        currency=BY_CODE[order.currency].number,
        payee=merchant.name,
        reference=order.merchant_order,
        ids=f"{merchant.id} {order.id} {refund.number}",
    )
