"""What customers, merchants and staff do in the mix: one small class each, which says how it is done and what it moves.

Every operation has a number that makes it one. It is asked until its outcome is known, and may be asked again after
that: the outcome stays the same word.
"""

from __future__ import annotations

import random
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import ClassVar, NamedTuple

from feiqian import subjects
from feiqian.accounts.errors import CorrectionRefused
from feiqian.accounts.kinds import AccountKind, wallet_id
from feiqian.auth.challenges.model import Passed
from feiqian.deposits.model import DepositAccount
from feiqian.events import PaymentDecided, PaymentStatus, RefundDecided, RefundStatus
from feiqian.ids import CustomerNumber, MerchantNumber
from feiqian.ledger.chart import BANK, account_id
from feiqian.merchants.kinds import payable_id
from feiqian.merchants.registry import Merchant
from feiqian.money import CNY, MinorUnits
from feiqian.payments.code_keys import KeyRing
from feiqian.payments.codes import SLOT_SECONDS, CodeIssuer
from feiqian.payments.errors import NotCancellable, OrderConflict
from feiqian.payments.intent import Channel, Intent, Method
from feiqian.payments.plan import payer_account
from feiqian.payments.requests import PaymentRequest, RefundRequest
from feiqian.payments.views import PaymentView
from feiqian.policy.factors import Factor, Purpose
from feiqian.services import Services
from feiqian.sources.model import WALLET

CURRENCY = CNY.number
FEES = account_id(AccountKind.MERCHANT_FEES, CURRENCY, BANK)
CORRECTIONS = account_id(AccountKind.CORRECTIONS, CURRENCY, BANK)
CODE_SLOTS = 4  # whose codes hold for some seconds more
Moves = Iterator[tuple[bytes, int]]  # accounts of the ledger, with what they gain


class AskAgain(Exception):
    """Nothing was decided."""


class Asked(NamedTuple):
    """An operation to do. `way` is a number that each kind uses as it likes; `turn` counts those of its customer."""

    number: int
    kind: str
    customer: CustomerNumber
    amount: MinorUnits
    way: int
    turn: int

    @property
    def order(self) -> str:
        """The number that its caller gives it."""
        return f"mixed-{self.number}"


class Facts:
    """What the journal says, by the numbers of the callers."""

    def __init__(self) -> None:
        self.payments: dict[str, PaymentDecided] = {}
        self.refunds: dict[str, RefundDecided] = {}


class Desk:
    """Where operations are done: a bank's services, and what customers have in their hands."""

    def __init__(self, services: Services, keys: KeyRing) -> None:
        self.services = services
        self.merchants: list[Merchant] = services.merchants.all()
        self._issuers = [CodeIssuer(KeyRing(version, keys.secrets())) for version in keys.secrets()]
        self._accounts: dict[CustomerNumber, list[DepositAccount]] = {}

    def code(self, it: Asked) -> str:
        """One that the customer's phone could show; those of a customer's next forty turns are others."""
        place, version = divmod(it.turn, len(self._issuers))
        moment = int(time.time()) + (place % CODE_SLOTS - CODE_SLOTS + 1) * SLOT_SECONDS  # later turns, later slots
        device = self.services.customers.issuing.device_of(it.customer)
        return self._issuers[version].issue(device, moment).digits

    async def accounts(self, customer: CustomerNumber) -> list[DepositAccount]:
        """The customer's, the oldest first."""
        if customer not in self._accounts:
            self._accounts[customer] = await self.services.deposits.all_of(customer)
        return self._accounts[customer]


class Operation(ABC):
    """A kind of operation. `weight`: how often it comes, compared with the others."""

    name: ClassVar[str]
    weight: ClassVar[int]

    def __init__(self, desk: Desk) -> None:
        self.desk, self.services = desk, desk.services

    @abstractmethod
    async def do(self, it: Asked) -> str:
        """Does it, or finds that it was done; the outcome in a word, once that is durable. Raises AskAgain."""

    @staticmethod
    @abstractmethod
    def moved(it: Asked, outcome: str, facts: Facts) -> Moves:
        """What it must have moved, by this outcome. Raises AssertionError if the journal says something else."""


class CodePayment(Operation):
    """A payment by code, from what the customer chose; one that waits to be confirmed is cancelled by its merchant."""

    name, weight = "code", 10

    async def do(self, it: Asked) -> str:
        return _outcome(await self.paid(it))

    async def paid(self, it: Asked) -> PaymentView:
        merchant = _merchant(self.desk, it)
        request = PaymentRequest(
            payment_code=self.desk.code(it), amount=it.amount, currency=CNY.code, merchant_order=it.order
        )
        view = await self.services.payments.pay(merchant, request)
        if view.id is None:
            raise AskAgain(view.reason)
        if view.status is PaymentStatus.WAITING:
            with suppress(NotCancellable):  # before the process was killed
                await self.services.payments.cancel(merchant, view.id)
        return view

    @staticmethod
    def moved(it: Asked, outcome: str, facts: Facts) -> Moves:
        fact = facts.payments[it.order]
        assert (fact.customer, fact.amount) == (it.customer, it.amount)
        assert outcome == (f"declined {fact.reason}" if fact.reason else fact.status), f"{it}: {outcome}, {fact}"
        if fact.status is PaymentStatus.SUCCEEDED:
            yield payer_account(fact), -fact.amount
            yield payable_id(CURRENCY, fact.merchant), fact.amount - fact.fee
            yield FEES, fact.fee


class Refund(CodePayment):
    """A payment by code of which a third goes back."""

    name, weight = "refund", 3

    async def do(self, it: Asked) -> str:
        view = await self.paid(it)
        if view.status is not PaymentStatus.SUCCEEDED or view.id is None:
            return _outcome(view)
        request = RefundRequest(amount=_third(it), merchant_refund=it.order)
        refund = await self.services.payments.refund(_merchant(self.desk, it), view.id, request)
        return f"refund {refund.status}"

    @staticmethod
    def moved(it: Asked, outcome: str, facts: Facts) -> Moves:
        word, _, refunded = outcome.partition("refund ")
        yield from CodePayment.moved(it, word or PaymentStatus.SUCCEEDED, facts)
        if refunded:
            refund, payment = facts.refunds[it.order], facts.payments[it.order]
            assert (refund.payment, refund.status, refund.amount) == (payment.id, refunded, _third(it))
            if refund.status is RefundStatus.SUCCEEDED:
                yield payer_account(payment), refund.amount
                yield payable_id(CURRENCY, payment.merchant), -refund.amount


class ProvedOrder(NamedTuple):
    """A remote payment that its payer has proved before; see `payments.intent.Order`."""

    amount: MinorUnits
    currency: str
    merchant_order: str
    payer: CustomerNumber
    source: bytes
    proved: Passed
    description: str = ""
    store: str = ""
    terminal: str = ""


class ProvedMethod:
    """A way to pay from an account itself, without a code."""

    def intent(self, merchant: Merchant, order: ProvedOrder, attempt: bytes, now_us: int) -> Intent:
        return Intent(
            attempt=attempt,
            payer=order.payer,
            source=order.source,
            payee=merchant.number,
            amount=order.amount,
            currency=merchant.currency,
            fee_basis_points=merchant.fee_basis_points,
            merchant_order=order.merchant_order,
            description=order.description,
            store=order.store,
            terminal=order.terminal,
            asked_at=now_us,
            method=Method("proved", {}),
            channel=Channel.REMOTE,
            proved=order.proved,
        )

    def check_retry(self, fact: PaymentDecided, merchant: Merchant, order: ProvedOrder) -> None:
        if (fact.customer, fact.source, fact.amount) != (order.payer, order.source, order.amount):
            raise OrderConflict(f"order {order.merchant_order} was used before, for something else")


class Proved(CodePayment):
    """A remote payment from one of the customer's accounts, proved before it is decided."""

    name, weight = "proved", 6

    async def do(self, it: Asked) -> str:
        accounts = await self.desk.accounts(it.customer)
        source, who = accounts[it.way % len(accounts)].ledger_id, subjects.customer(it.customer)
        passed = Passed(f"chl_{it.number}", (Factor.PIN, Factor.SMS), "", 0, who, Purpose.PAYMENT)
        order = ProvedOrder(it.amount, CNY.code, it.order, it.customer, source, passed)
        return _outcome(await self.services.payments.pay_by(ProvedMethod(), _merchant(self.desk, it), order))


class Correction(Operation):
    """The bank corrects a wallet, one way or the other."""

    name, weight = "correction", 2

    async def do(self, it: Asked) -> str:
        try:
            await self.services.accounts.adjust(it.customer, CURRENCY, _signed(it), it.order)
        except CorrectionRefused:
            return "refused"
        return "corrected"

    @staticmethod
    def moved(it: Asked, outcome: str, facts: Facts) -> Moves:
        if outcome == "corrected":
            yield wallet_id(CURRENCY, it.customer), _signed(it)
            yield CORRECTIONS, -_signed(it)


class Choosing(Operation):
    """The customer chooses what payments by code are taken from."""

    name, weight = "choosing", 2

    async def do(self, it: Asked) -> str:
        order = [WALLET, *(account.id for account in await self.desk.accounts(it.customer))]
        random.Random(it.way).shuffle(order)
        await self.services.sources.put(it.customer, CURRENCY, order, bool(it.way % 2))
        return "chosen"

    @staticmethod
    def moved(it: Asked, outcome: str, facts: Facts) -> Moves:
        yield from ()


KINDS: tuple[type[Operation], ...] = (CodePayment, Refund, Proved, Correction, Choosing)
BY_NAME = {kind.name: kind for kind in KINDS}


def mix(seed: int, count: int, customers: int) -> list[Asked]:
    """The operations of a run: of a seed always the same. Amounts in fen; one payment in ten has to be confirmed."""
    dice, kinds = random.Random(seed), [kind.name for kind in KINDS for _ in range(kind.weight)]
    wanted: list[Asked] = []
    turns: Counter[int] = Counter()
    for number in range(count):
        customer = CustomerNumber(dice.randint(1, customers))
        amount = MinorUnits(dice.randint(1_001_00, 1_100_00) if dice.random() < 0.1 else dice.randint(1, 250_00))
        wanted.append(
            Asked(number, dice.choice(kinds), customer, amount, dice.randrange(1_000_000), turns[customer]),
        )
        turns[customer] += 1
    return wanted


def _merchant(desk: Desk, it: Asked) -> Merchant:
    found = desk.services.merchants.by_number(MerchantNumber(1 + it.way % len(desk.merchants)))
    assert found is not None
    return found


def _outcome(view: PaymentView) -> str:
    return f"declined {view.reason}" if view.reason else str(view.status)


def _third(it: Asked) -> MinorUnits:
    return MinorUnits(it.amount // 3 or 1)


def _signed(it: Asked) -> MinorUnits:
    return MinorUnits(it.amount if it.way % 2 else -it.amount)
