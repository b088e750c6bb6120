"""Paying by quick payment: begun by whoever gives a number and an account, proved once, decided by `payments` once.

The challenge is spent, and what was proved kept, in one transaction; then the ledger is asked, under an order number
made of the quick payment's id. A retry after a crash, or after no answer, goes on from there: nothing is paid twice,
and what was not decided in time never is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, update

from feiqian.auth.challenges.errors import ChallengeOver, FactorNotEnrolled, NotPassed
from feiqian.auth.challenges.factors import Factors
from feiqian.auth.challenges.model import ChallengeBinding, ChallengeView, Passed
from feiqian.auth.preauth import Asked, PreAuthFlow
from feiqian.clock import MICROSECONDS
from feiqian.columns import SUBJECT
from feiqian.deposits.model import DepositAccount
from feiqian.deposits.service import Deposits
from feiqian.ids import QUICK_PAYMENT, CustomerNumber, new_id
from feiqian.kyc import numbers
from feiqian.ledger.ledger import Ledger
from feiqian.limits.model import LimitQuestion
from feiqian.limits.service import PaymentLimits
from feiqian.merchants.registry import Merchant, Merchants
from feiqian.money import BY_CODE, BY_NUMBER
from feiqian.orders.model import Method, OrderStatus
from feiqian.orders.service import Orders
from feiqian.payments import plan
from feiqian.payments.paid_lately import Same, paid_lately
from feiqian.payments.read_model.reads import PaymentReads
from feiqian.payments.service import Payments
from feiqian.payments.views import PaymentView
from feiqian.policy.factors import Purpose
from feiqian.policy.model import Combination, Policy
from feiqian.quick.identify import Identified, Identify, forget_tries
from feiqian.quick.kept import Kept
from feiqian.quick.kinds import bill_claim
from feiqian.quick.method import QUICK, QuickMethod, QuickOrder
from feiqian.quick.paying_errors import (
    AccountNotOpen,
    AccountUnclear,
    NotPayable,
    NotRemembered,
    QuickPaymentNotFound,
    QuickPaymentOver,
)
from feiqian.quick.paying_model import LONGEST_REFERENCE, Begun, Bill, QuickPayment
from feiqian.quick.paying_tables import WITH_ORDER, Stage, paid_orders, quick_payments
from feiqian.quick.remembered import RememberedDevices
from feiqian.runtime.paging import FIRST, Ask, Order, Page, page_of
from feiqian.runtime.transactions import Refused, writes, writes_or_refuses
from feiqian.strings.normal import code_digits
from feiqian.subjects import Subject

KIND = "quick_pay"  # of the pre-auth flow
OPEN_FOR = 600 * MICROSECONDS  # after it was begun, to be confirmed
DECIDED_WITHIN = 300 * MICROSECONDS  # after the challenge was spent
MOST_CHOICES = 5  # tries to say which of several accounts
NEWEST = 20
_c = quick_payments.c


@dataclass(kw_only=True, eq=False, repr=False)
class QuickPayments(PreAuthFlow):
    """Of those who are not signed in (`start`, `pay`, `choose`) and of those who are (`begin`, `pay_own`)."""

    kinds = (KIND,)

    identify: Identify
    deposits: Deposits
    factors: Factors
    merchants: Merchants
    payments: Payments
    orders: Orders
    policy: Policy
    limits: PaymentLimits
    ledger: Ledger
    payment_reads: PaymentReads
    kept: Kept
    remembered: RememberedDevices

    async def bill_of(self, order_id: str) -> Bill:
        """What is paid with an order. Raises OrderNotFound, and NotPayable if it cannot be paid so now."""
        order, merchant = await self.orders.find(order_id)
        if order.status is not OrderStatus.OPEN or Method.QUICK not in order.methods:
            raise NotPayable("order")
        reference, currency = order.merchant_order[:LONGEST_REFERENCE], BY_CODE[order.currency].number
        return Bill(merchant.number, order.amount, currency, reference, order.description, order_id=order.id)

    # --- beginning -------------------------------------------------------------------------------------------------

    async def start(
        self, bill: Bill, mobile: str, account: str, language: str, device_token: str | None = None
    ) -> Begun:
        """By anybody: `account` is the last six digits or the alias. Whatever is wrong, the answer is the same, and no
        code is sent yet. `device_token` is what a sign-in gave this browser: tries are counted for that device.

        Raises identity's NumberInvalid for what is no mobile number at all, NotPayable, AttemptsThrottled.
        """
        self._check(bill)
        return await self.transactions.write(self._start, bill, numbers.mobile(mobile), account, language, device_token)

    async def start_remembered(
        self, bill: Bill, token: str | None, id: str, language: str, device_token: str | None = None
    ) -> Begun:
        """As `start`, from a browser that remembers an account; `id` is what its page has shown. Nothing is proved by
        it: the code is asked for. Raises NotPayable, NotRemembered, AttemptsThrottled."""
        self._check(bill)
        return await self.transactions.write(self._start_remembered, bill, token, id, language, device_token)

    async def begin(self, subject: Subject, bill: Bill, account: str) -> str:
        """By a customer who is signed in; `account`: last digits (six or more) or alias. Returns the id.

        Raises NotPayable, AccountNotOpen, AccountUnclear.
        """
        self._check(bill)
        return await self.transactions.write(self._begin, subject, bill, account)

    async def challenge(self, subject: Subject, id: str, language: str, device: str | None) -> ChallengeView:
        """What its payer, who is signed in, has to pass, as limits stand now. Raises QuickPaymentNotFound,
        QuickPaymentOver, FactorNotEnrolled."""
        row = await self.transactions.read(self._row, id, subject)
        return await self.transactions.write(self._challenge, subject, id, language, device, self._needs(row))

    def _challenge(
        self,
        connection: Connection,
        subject: Subject,
        id: str,
        language: str,
        device: str | None,
        needs: tuple[Combination, ...],
    ) -> ChallengeView:
        row = self._row(connection, id, subject)
        if row.stage is not Stage.BEGUN or _over(row, self.clock.now()):
            raise QuickPaymentOver
        held = self.factors.all_of(connection, subject)
        if not (able := tuple(need for need in needs if need <= held)):
            raise FactorNotEnrolled
        return self.verification.begin.within(connection, subject, self._binding(row), language, able, device=device)

    async def ask_for_enough(self, id: str, challenge: str) -> None:
        """Before `pay`, of one who is not signed in: where limits have left too little for what was passed, the
        challenge asks for more. Not before it was passed, so that nobody learns what somebody has paid today.

        Raises QuickPaymentNotFound, PreAuthFlowOver, ChallengeNotFound.
        """
        subject = (await self.transactions.read(self._asked, challenge)).subject
        row = await self.transactions.read(self._row, id, subject)
        needs = self._needs(row)
        if row.stage is Stage.BEGUN and needs != self.policy.needs(Purpose.QUICK_PAYMENT, row.amount, row.currency):
            await self.transactions.write(self.verification.ask_for_more, challenge, subject, needs)

    def _needs(self, row: Any) -> tuple[Combination, ...]:
        """What its payer has to prove, as limits stand now."""
        payer, now = CustomerNumber(row.number), self.clock.now() // MICROSECONDS
        return self.limits.needs(LimitQuestion(payer, row.currency, row.amount, now, QUICK.name), Purpose.QUICK_PAYMENT)

    def _start(
        self, connection: Connection, bill: Bill, mobile: str, account: str, language: str, device_token: str | None
    ) -> Begun:
        found = self.identify.by_mobile(connection, mobile, account, self.clock.now(), device_token)
        return self._begun(connection, bill, found, language)

    def _start_remembered(
        self, connection: Connection, bill: Bill, token: str | None, id: str, language: str, device_token: str | None
    ) -> Begun:
        here = self.remembered.find(connection, token)
        if here is None or here.id != id:
            raise NotRemembered
        found = self.identify.remembered(connection, here.account, self.clock.now(), device_token)
        self.remembered.used(connection, id)
        return self._begun(connection, bill, found, language)

    def _begun(self, connection: Connection, bill: Bill, found: Identified, language: str) -> Begun:
        row = self._keep(connection, bill, found)
        hopeless, binding = not found.accounts, self._binding(row)
        view = self.verification.begin.within(
            connection, found.subject, binding, language, device=found.device, hopeless=hopeless
        )
        self.records.remember(connection, view.id, Asked(found.subject, KIND, language))
        return Begun(row.id, view)

    def _begin(self, connection: Connection, subject: Subject, bill: Bill, account: str) -> str:
        found = self.identify.own(connection, subject, account)
        if len(found.accounts) != 1:
            raise AccountUnclear if found.accounts else AccountNotOpen
        return str(self._keep(connection, bill, found).id)

    def _keep(self, connection: Connection, bill: Bill, found: Identified) -> Any:
        now = self.clock.now()
        values = {
            "id": new_id(QUICK_PAYMENT, now),
            "accounts": ",".join(account.id for account in found.accounts),
            "stage": Stage.BEGUN,
            "challenge": "",
            "proved_at": 0,
            "choices": 0,
            "network": found.network,
            "named": found.named,
            "counted": found.counted,
            "created_at": now,
        }
        of_bill = bill._asdict()
        order_id = of_bill.pop("order_id")
        values |= SUBJECT.values(found.subject) | of_bill
        connection.execute(insert(quick_payments).values(values))
        if order_id:
            connection.execute(insert(paid_orders).values(id=values["id"], order_id=order_id))
        self.kept.take(connection, str(values["id"]))
        return connection.execute(WITH_ORDER.where(_c.id == values["id"])).one()

    def _check(self, bill: Bill) -> None:
        """Whether anybody could pay it, before a message is sent for it. Raises NotPayable."""
        merchant = self.merchants.by_number(bill.merchant)
        if merchant is None or not merchant.accepting:
            raise NotPayable("merchant")
        if merchant.currency != bill.currency:
            raise NotPayable("currency")
        if bill.amount > self.payments.largest(bill.currency):
            raise NotPayable("amount")

    # --- which account ---------------------------------------------------------------------------------------------

    @writes_or_refuses
    def choose(self, connection: Connection, id: str, challenge: str, given: str) -> Refused | None:
        """By alias, or more digits of the number, after the challenge was passed. Raises NotPassed, AccountUnclear,
        AccountNotOpen, and after a few tries ChallengeOver."""
        subject = self._proved(connection, challenge)
        row = self._row(connection, id, subject, lock=True)
        if row.choices >= MOST_CHOICES:
            raise ChallengeOver("void")
        left = self._meant(connection, subject.customer, row.accounts.split(","), given)
        values = {"accounts": left[0]} if len(left) == 1 else {"choices": row.choices + 1}
        connection.execute(update(quick_payments).where(_c.id == id).values(values))
        if len(left) == 1:
            return None
        return Refused(AccountUnclear() if left else AccountNotOpen())

    def _meant(self, connection: Connection, customer: CustomerNumber, ids: list[str], given: str) -> list[str]:
        if digits := code_digits(given):
            return [id for id in ids if self.deposits.number(connection, id).endswith(digits)]
        named = {one.id for one in self.identify.quick.candidates(connection, customer, given)}
        return [id for id in ids if id in named]

    def _proved(self, connection: Connection, challenge: str) -> Subject:
        """Whose challenge it is, which they have passed. Raises NotPassed, ChallengeOver, PreAuthFlowOver."""
        subject = self._asked(connection, challenge).subject
        state = self.verification.view.within(connection, challenge, subject).state
        if state in ("open", "locked"):
            raise NotPassed
        if state != "passed":
            raise ChallengeOver(state)
        return subject

    # --- paying twice ----------------------------------------------------------------------------------------------

    async def paid_before(self, id: str, challenge: str) -> datetime | None:
        """When its payer has paid the same minutes ago, for a warning; None: not, or it is not known now. Nobody learns
        it who has not passed the challenge.

        Raises QuickPaymentNotFound, PreAuthFlowOver, NotPassed, AccountUnclear; ChallengeOver if it was used.
        """
        row = await self.transactions.read(self._passed, id, challenge)
        return await self._paid_lately(CustomerNumber(row.number), row)

    async def own_paid_before(self, payer: Subject, payment: QuickPayment) -> datetime | None:
        """The same, for whoever is signed in, of an own one; None as well once it was confirmed."""
        return await self._paid_lately(payer.customer, payment.bill) if payment.status == "open" else None

    async def _paid_lately(self, payer: CustomerNumber, bill: Any) -> datetime | None:
        same = Same(bill.merchant, bill.amount, bill.currency, bill.order_id)
        return await paid_lately(self.ledger, self.payment_reads, payer, same)

    def _passed(self, connection: Connection, id: str, challenge: str) -> Any:
        row = self._row(connection, id, self._proved(connection, challenge))
        if "," in row.accounts:
            raise AccountUnclear
        return row

    @writes
    def give_up(self, connection: Connection, id: str, challenge: str) -> None:
        """Who has passed the challenge does not want to pay: it is spent for nothing, and nothing is paid with it.

        Raises QuickPaymentNotFound, PreAuthFlowOver, NotPassed, ChallengeOver; QuickPaymentOver once it was asked to be
        paid.
        """
        subject = self._asked(connection, challenge).subject
        row = self._row(connection, id, subject, lock=True)
        if row.stage is not Stage.BEGUN:
            raise QuickPaymentOver
        self.verification.consume_within(connection, challenge, subject, self._binding(row), self.clock.now())

    # --- paying ----------------------------------------------------------------------------------------------------

    async def pay(self, id: str, challenge: str) -> PaymentView:
        """By whoever has passed the challenge without being signed in; again, it is answered as at first.

        Raises QuickPaymentNotFound, QuickPaymentOver, AccountUnclear, AccountNotOpen, NotPassed, ChallengeOver,
        BindingDiffers, NotDeciding; LedgerStopped and CommitOverdue: the outcome is unknown, ask again.
        """
        return await self._pay(id, challenge, None)

    async def pay_own(self, subject: Subject, id: str, challenge: str) -> PaymentView:
        """As `pay`, by a customer who is signed in."""
        return await self._pay(id, challenge, subject)

    async def _pay(self, id: str, challenge: str, subject: Subject | None) -> PaymentView:
        self.ledger.require_deciding()  # before the challenge is spent
        merchant, order = await self.transactions.write(self._prove, id, challenge, subject)
        if order.order_id:
            return await self.orders.attempt(order.order_id, QuickMethod(), order, Method.QUICK)
        return await self.payments.pay_by(QuickMethod(), merchant, order)

    def _prove(
        self, connection: Connection, id: str, challenge: str, subject: Subject | None
    ) -> tuple[Merchant, QuickOrder] | Refused:
        """Spends the challenge, unless it was spent for this before."""
        subject = subject or self._asked(connection, challenge).subject
        row = self._row(connection, id, subject, lock=True)
        if row.stage is Stage.PROVED:
            if row.challenge != challenge:
                raise ChallengeOver("spent")
            proved = self.verification.spent_within(connection, challenge, subject, self._binding(row), row.proved_at)
            return self._order(connection, row, proved)
        if _over(row, now := self.clock.now()):
            raise QuickPaymentOver
        # Before anything of the accounts is told: whoever has not passed it learns nothing.
        if refused := self.verification.check_passed(connection, challenge, subject, self._binding(row)):
            return refused
        if "," in row.accounts:
            raise AccountUnclear
        account = self.deposits.get(connection, row.accounts)
        if not self.identify.usable(connection, account):
            raise AccountNotOpen
        passed = self.verification.consume_within(connection, challenge, subject, self._binding(row), now)
        values = {"stage": Stage.PROVED, "challenge": challenge, "proved_at": now}
        connection.execute(update(quick_payments).where(_c.id == id).values(values))
        forget_tries(connection, subject)
        self.kept.drop(connection, id)
        return self._order(connection, self._row(connection, id, subject), passed)

    @writes
    def remember(self, connection: Connection, id: str, challenge: str, before: str | None, browser: str) -> str | None:
        """The token by which the browser (its `User-Agent`) remembers the account that was just paid from, in place of
        what it has remembered `before`; None if the account cannot be paid from any more.

        Raises QuickPaymentNotFound, QuickPaymentOver, PreAuthFlowOver.
        """
        row = self._row(connection, id, self._asked(connection, challenge).subject, lock=True)
        lately = self.clock.now() < row.proved_at + OPEN_FOR
        if row.stage is not Stage.PROVED or row.challenge != challenge or not lately:
            raise QuickPaymentOver
        account = self.deposits.get(connection, row.accounts)
        if (token := self.remembered.add(connection, account, id, browser)) is not None:
            self.remembered.drop(connection, before)
        return token

    def _order(self, connection: Connection, row: Any, proved: Passed | None) -> tuple[Merchant, QuickOrder]:
        subject, merchant = SUBJECT.of(row), self.merchants.by_number(row.merchant)
        if merchant is None:
            raise QuickPaymentNotFound
        return merchant, QuickOrder(
            amount=row.amount,
            currency=BY_NUMBER[row.currency].code,
            merchant_order=order_number(row.reference, row.id),
            description=row.description,
            payer=subject.customer,
            source=self.deposits.get(connection, row.accounts).ledger_id,
            proved=proved,
            reference=row.reference,
            once_until=row.once_until,
            decided_before=row.proved_at + DECIDED_WITHIN,
            order_id=row.order_id,
        )

    def _binding(self, row: Any) -> ChallengeBinding:
        return ChallengeBinding(
            purpose=Purpose.QUICK_PAYMENT,
            kind=QUICK.name,
            amount=row.amount,
            currency=row.currency,
            payee=self.merchants.name(row.merchant),
            reference=row.reference,
            ids=row.id,
        )

    def is_paid(self, bill: Bill) -> bool:
        """Whether somebody has paid a bill that is paid once; tell it once `ledger.position` is durable."""
        return self.ledger.engine.claimed(bill_claim(bill.merchant, bill.reference))

    # --- looking ---------------------------------------------------------------------------------------------------

    async def get(self, id: str, challenge: str) -> QuickPayment:
        """As it is now, to whoever has its challenge. Raises QuickPaymentNotFound, PreAuthFlowOver."""
        subject = (await self.transactions.read(self._asked, challenge)).subject
        return await self.get_own(subject, id)

    async def get_own(self, subject: Subject, id: str) -> QuickPayment:
        """As it is now. Raises QuickPaymentNotFound."""
        row, account = await self.transactions.read(self._looked_up, id, subject)
        return await self._shown(row, account)

    async def confirmed(self, customer: Subject, ask: Ask = FIRST, limit: int = NEWEST) -> Page[QuickPayment]:
        """What the customer has confirmed, the newest first; what the read model does not have yet is `proved`."""
        page = await self.transactions.read(self._confirmed, customer, ask, limit)
        return page.of([await self._listed(row, account, await self._attempt(row)) for row, account in page.items])

    def _looked_up(self, connection: Connection, id: str, subject: Subject) -> tuple[Any, DepositAccount | None]:
        row = self._row(connection, id, subject)
        return row, self._account(connection, row)

    def _confirmed(
        self, connection: Connection, customer: Subject, ask: Ask, limit: int
    ) -> Page[tuple[Any, DepositAccount | None]]:
        theirs = WITH_ORDER.where(SUBJECT.are(quick_payments, customer), _c.stage == Stage.PROVED)
        page = page_of(connection, theirs, Order((_c.created_at, _c.id)), ask, limit)
        return page.of([(row, self._account(connection, row)) for row in page.items])

    def _account(self, connection: Connection, row: Any) -> DepositAccount | None:
        """Nothing is told of an account before the payer has proved who they are, or was signed in."""
        told = row.stage is Stage.PROVED or not row.named
        return self.deposits.get(connection, row.accounts) if told else None

    async def _shown(self, row: Any, account: DepositAccount | None) -> QuickPayment:
        attempt = await self._attempt(row)
        await self.ledger.durable(self.ledger.position)
        if self.ledger.engine.remembered(attempt) is not None:
            await self.payment_reads.wait(self.ledger.durable_position, who=("customer", CustomerNumber(row.number)))
        return await self._listed(row, account, attempt)

    async def _listed(self, row: Any, account: DepositAccount | None, attempt: bytes) -> QuickPayment:
        """As the read model has it; nobody is told "no" of what the ledger knows and the read model does not yet."""
        known = self.ledger.engine.remembered(attempt) is not None
        over = _over(row, self.clock.now())
        number = row.merchant, order_number(row.reference, row.id)
        payment = await self.payment_reads.payment_by_transfer(*number, attempt) if known else None
        unpaid = "expired" if over and not known else "open" if row.stage is Stage.BEGUN else "proved"
        return QuickPayment(
            id=row.id,
            status=payment.status.value if payment else unpaid,  # type: ignore[arg-type]
            bill=Bill(*(getattr(row, name) for name in Bill._fields)),
            last_four=account.last_four if account else "",
            row=payment,
            created_at=row.created_at,
        )

    async def _attempt(self, row: Any) -> bytes:
        """What names its payment in the ledger."""
        number = order_number(row.reference, row.id)
        if row.order_id:
            return plan.attempt_transfer(await self.orders.hold_of(row.order_id), number)
        return plan.payment_transfer(row.merchant, number)

    def _row(self, connection: Connection, id: str, subject: Subject, *, lock: bool = False) -> Any:
        query = WITH_ORDER.where(_c.id == id, SUBJECT.are(quick_payments, subject))
        row = connection.execute(query.with_for_update() if lock else query).one_or_none()
        if row is None:
            raise QuickPaymentNotFound
        return row


def _over(row: Any, now: int) -> bool:
    """Whether it is too late to confirm it, or for the ledger to decide it."""
    if row.stage is Stage.BEGUN:
        return bool(now >= row.created_at + OPEN_FOR)
    return bool(now >= row.proved_at + DECIDED_WITHIN)


def order_number(reference: str, id: str) -> str:
    """The order of the merchant's under which it is paid: nobody can use it up beforehand, and a bill that was declined
    is paid by another."""
    return f"{reference}/{id}"
