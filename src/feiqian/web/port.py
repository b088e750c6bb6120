"""The pages' port over the running bank: every question and every wish goes to a feature; nothing is decided here.

It turns what may go wrong into what a cashier can act on: no answer is never read as "no", it is "unknown".
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from feiqian.accounts.kinds import AccountKind, wallet_id
from feiqian.accounts.opening import shown_reference
from feiqian.clock import MICROSECONDS
from feiqian.customers.registry import Customer
from feiqian.errors import FeiqianError
from feiqian.events import PaymentStatus
from feiqian.ids import CustomerNumber, MerchantNumber
from feiqian.ledger.chart import account_id
from feiqian.ledger.engine import InvariantBroken, Totals
from feiqian.merchants.kinds import payable_id
from feiqian.merchants.registry import Merchant
from feiqian.money import BY_CODE, BY_NUMBER, CNY, Currency, CurrencyNumber, MinorUnits, Money
from feiqian.payments.codes import claim_of
from feiqian.payments.errors import NotCancellable, NotRefundable, OrderConflict, PaymentNotFound
from feiqian.payments.read_model.rows import CorrectionRow, PaymentRow
from feiqian.payments.requests import PaymentRequest, RefundRequest
from feiqian.payments.views import PaymentView
from feiqian.projections.errors import ReadsBehind
from feiqian.runtime import logs
from feiqian.services import Services
from feiqian.subjects import Role

from .model import CONFLICT, Answer, Code, Item, Person, Pulse, RefundAnswer, Shop, Standing, Total, Waiting

SETTLE_SECONDS = 2.0
CHECK_SECONDS = 5.0
NAMES_KEPT = 50_000
BANK = 0  # the owner of the bank's own accounts
OWN = (AccountKind.BANK_CASH, AccountKind.OPENING, AccountKind.CORRECTIONS)

_log = logs.get("feiqian.web")


class RunningBank:
    """The pages' view of the running bank. Whatever asks a database does so out of the event loop."""

    def __init__(self, services: Services, currency: Currency = CNY) -> None:
        self._s = services
        self._currency = currency  # of the demo's wallets
        self._people: dict[CustomerNumber, Person] = {}
        self._checked = (-1.0, False, 0)  # when, whether the books balanced, as of which position

    # --- who there is ------------------------------------------------------------------------------------------

    async def people(self, limit: int) -> list[Person]:
        numbers = [CustomerNumber(n) for n in range(1, min(limit, self._s.customers.count) + 1)]
        return list((await self._named(numbers)).values())

    async def person(self, id: str) -> Person | None:
        customer = await self._s.transactions.read(self._s.customers.by_id, id)
        return None if customer is None else self._person(customer)

    async def customer(self, number: CustomerNumber) -> Person | None:
        return (await self._named([number])).get(number)

    async def shops(self) -> list[Shop]:
        return [_shop(merchant) for merchant in self._s.merchants.all()]

    async def shop(self, id: str) -> Shop | None:
        merchant = self._s.merchants.by_id(id)
        return None if merchant is None else _shop(merchant)

    async def shop_name(self, number: MerchantNumber) -> str:
        return self._s.merchants.name(number)

    async def counts(self) -> tuple[int, int]:
        """How many customers and merchants there are."""
        return self._s.customers.count, len(self._s.merchants.all())

    def _person(self, customer: Customer) -> Person:
        return Person(customer.number, customer.id, customer.name, self._currency)

    async def _named(self, numbers: Sequence[CustomerNumber]) -> dict[CustomerNumber, Person]:
        missing = [number for number in set(numbers) if number not in self._people]
        if missing:
            if len(self._people) > NAMES_KEPT:
                self._people.clear()
            by_number = self._s.customers.by_number
            found = await self._s.transactions.read(lambda connection: [by_number(connection, n) for n in missing])
            self._people |= {c.number: self._person(c) for c in found if c is not None}
        return {number: self._people[number] for number in numbers if number in self._people}

    # --- what there is -----------------------------------------------------------------------------------------

    async def balance(self, person: Person) -> Money:
        """What the wallet holds; answered only when durable."""
        return await self._available(wallet_id(person.currency.number, person.number), person.currency)

    async def takings(self, shop: Shop) -> Money:
        return await self._available(payable_id(shop.currency.number, shop.number), shop.currency)

    async def _available(self, id: bytes, currency: Currency) -> Money:
        account = self._s.ledger.engine.account(id)
        available = MinorUnits(account.available if account is not None else 0)
        await self._s.ledger.durable(self._s.ledger.position)
        return Money(available, currency)

    async def payments_of(self, person: Person, limit: int) -> list[Item]:
        paid = await self._items(lambda: self._s.reads.newest_of_customer(person.number, limit))
        corrected = [_correction(row) for row in await self._s.reads.corrections_of_customer(person.number, limit)]
        return sorted([*paid, *corrected], key=lambda item: item.at, reverse=True)[:limit]

    async def receipts_of(self, shop: Shop, limit: int) -> list[Item]:
        async def receipts() -> list[PaymentRow]:
            return (await self._s.reads.payments(shop.number, None, limit))[0]

        return await self._items(receipts)

    async def newest(self, limit: int) -> list[Item]:
        return await self._items(lambda: self._s.reads.newest(limit))

    async def incomplete(self, whose: Person | Shop | None) -> bool:
        """Whether something is missing in the lists of a customer, of a shop, or in any (None)."""
        reads = self._s.reads
        if whose is None:
            return await reads.set_aside() > 0
        if isinstance(whose, Person):
            return await reads.customer_incomplete(whose.number)
        return await reads.merchant_incomplete(whose.number)

    async def _items(self, ask: Callable[[], Awaitable[list[PaymentRow]]]) -> list[Item]:
        """Raises ReadsBehind if the read model, which is built by another process, is not there after a while."""
        try:
            rows = await ask()
        except ReadsBehind:
            await self.settled(self._s.ledger.durable_position)
            rows = await ask()
        people = await self._named([row.customer for row in rows])
        return [self._item(row, people.get(row.customer)) for row in rows]

    def _item(self, row: PaymentRow, person: Person | None) -> Item:
        currency = BY_NUMBER[row.currency]
        return Item(
            id=row.id,
            order=row.merchant_order,
            status=row.status,
            reason=row.reason or "",
            amount=Money(row.amount, currency),
            refunded=Money(row.refunded, currency),
            customer=person.name if person else "",
            merchant=self._s.merchants.name(row.merchant),
            at=row.created_at,
        )

    async def settled(self, position: int) -> None:
        """Returns when the lists show everything up to this journal position, or after a short while."""
        try:
            await self._s.reads.wait(position, SETTLE_SECONDS)
        except ReadsBehind:
            _log.warning("page_shows_older_lists", wanted=position)

    # --- the code ----------------------------------------------------------------------------------------------

    async def code(self, person: Person) -> Code:
        """The code to show now; that it was used already happens after two payments within seconds."""
        issued = self._s.payments.code_for(person.number)
        left = issued.refresh_at - self._s.clock.now() / MICROSECONDS
        used = self._s.ledger.engine.claimed(claim_of(issued.digits))
        return Code(issued.digits, max(0.25, round(left, 2)), used)

    async def standing(self, person: Person) -> Standing:
        profile = await self._s.work.db(self._s.customers.profile, person.number)
        now, level = self._s.clock.now(), self._s.customers.standing(person.number)
        cooling = profile.cooling_until if profile is not None and profile.cooling_until > now else 0
        if (profile is not None and profile.frozen) or self._s.accounts.frozen(person.number):
            own = profile is not None and profile.frozen_by is not None and profile.frozen_by.role is Role.CUSTOMER
            return Standing("frozen", by_bank=not own)
        if not self._s.policy.level_numbered(level).pays:
            return Standing("unverified", cooling_until=cooling)
        shows_codes = self._s.customers.issuing.device_of(person.number)
        return Standing("open" if shows_codes else "no_device", cooling_until=cooling)

    async def waiting(self, person: Person) -> list[Waiting]:
        """What waits for the customer's confirmation, newest first."""
        name = self._s.merchants.name
        return [
            Waiting(p.id, name(p.merchant), Money(p.amount, BY_NUMBER[p.currency]), p.description, p.expires_at)
            for p in await self._s.payments.confirmations.waiting(person.number)
        ]

    # --- payments ----------------------------------------------------------------------------------------------

    async def pay(self, shop: Shop, code: str, amount: Money, order: str) -> Answer:
        request = msgspec.convert(
            {
                "payment_code": code,
                "amount": amount.minor,
                "currency": amount.currency.code,
                "merchant_order": order,
                "terminal": "demo-till",
            },
            PaymentRequest,
        )
        began = time.perf_counter()
        try:
            view = await self._s.payments.pay(self._merchant(shop), request)
        except OrderConflict:
            return Answer("rejected", order, amount, CONFLICT)
        except FeiqianError as error:
            return _unknown("pay", order, amount, error)
        self._s.live.observe(time.perf_counter() - began)
        return _answer(view)

    async def ask(self, shop: Shop, amount: Money, order: str) -> Answer:
        try:
            return _answer(await self._s.payments.get_by_order(self._merchant(shop), order))
        except PaymentNotFound:
            return Answer("missing", order, amount)
        except FeiqianError as error:
            return _unknown("ask", order, amount, error)

    async def cancel(self, shop: Shop, amount: Money, order: str) -> Answer:
        found = await self.ask(shop, amount, order)
        if found.status is not PaymentStatus.WAITING:
            return found
        try:
            return _answer(await self._s.payments.cancel(self._merchant(shop), found.payment))
        except NotCancellable as error:
            return found._replace(status=error.status)
        except FeiqianError as error:
            return _unknown("cancel", order, amount, error)

    async def refund(self, shop: Shop, order: str, amount: Money, number: str) -> RefundAnswer:
        merchant = self._merchant(shop)
        request = msgspec.convert({"amount": amount.minor, "merchant_refund": number}, RefundRequest)
        try:
            payment = await self._s.payments.get_by_order(merchant, order)
            view = await self._s.payments.refund(merchant, payment.id or "", request)
        except (PaymentNotFound, NotRefundable):
            return RefundAnswer("declined", amount, "not_possible")
        except OrderConflict:
            return RefundAnswer("declined", amount, CONFLICT)
        except FeiqianError as error:
            _log.error("till_outcome_unknown", what="refund", error=type(error).__name__)
            return RefundAnswer("unknown", amount)
        return RefundAnswer(view.status, amount, view.reason or "")

    def _merchant(self, shop: Shop) -> Merchant:
        merchant = self._s.merchants.by_number(shop.number)
        assert merchant is not None, "merchants are never removed"
        return merchant

    # --- the whole ---------------------------------------------------------------------------------------------

    def pulse(self) -> Pulse:
        ledger, live = self._s.ledger, self._s.live.snapshot()
        position, hash = ledger.durable_position, ledger.durable_hash if ledger.durable_position else b""
        measured = live["p99_ms"] > 0
        balanced, as_of = self._balanced()
        return Pulse(
            rate=live["rate"],
            p50_ms=live["p50_ms"] if measured else None,
            p95_ms=live["p95_ms"] if measured else None,
            p99_ms=live["p99_ms"] if measured else None,
            position=position,
            hash=hash.hex(),
            behind=max(0, position - self._s.reads.position),
            accounts=ledger.engine.counts()[0],
            balanced=balanced,
            as_of=as_of,
            totals=[self._total(number, sums) for number, sums in ledger.engine.totals().items()],
        )

    def _balanced(self) -> tuple[bool, int]:
        """The engine checks all its invariants; as it looks at every account, every few seconds is enough."""
        when, balanced, position = self._checked
        now = time.monotonic()
        if when < 0 or (now - when >= CHECK_SECONDS and position != self._s.ledger.position):
            try:
                self._s.ledger.engine.check()
                balanced = True
            except InvariantBroken as error:
                _log.critical("books_do_not_balance", why=str(error))
                balanced = False
            self._checked = now, balanced, self._s.ledger.position
        return self._checked[1], self._checked[2]

    def _total(self, number: int, sums: Totals) -> Total:
        """Wallets are what is left of all balances (which sum to zero), so that not every wallet is looked at."""
        currency = CurrencyNumber(number)
        fees = self._balance(account_id(AccountKind.MERCHANT_FEES, currency, BANK))
        own = sum(self._balance(account_id(kind, currency, BANK)) for kind in OWN)
        merchants = sum(self._balance(payable_id(currency, m.number)) for m in self._s.merchants.all())
        wallets = -(own + fees + merchants)
        return Total(BY_NUMBER[currency], wallets, merchants, fees, sums.debits_posted, sums.credits_posted)

    def _balance(self, id: bytes) -> int:
        account = self._s.ledger.engine.account(id)
        return account.balance if account is not None else 0


def _shop(merchant: Merchant) -> Shop:
    store = merchant.stores[0].name if merchant.stores else ""
    return Shop(
        merchant.number, merchant.id, merchant.name, store, BY_NUMBER[merchant.currency], merchant.fee_basis_points
    )


def _correction(row: CorrectionRow) -> Item:
    amount, nothing = (Money(MinorUnits(minor), BY_NUMBER[row.currency]) for minor in (abs(row.amount), 0))
    reference, sign = shown_reference(row.transfer), "+" if row.amount > 0 else "−"
    return Item(row.transfer.hex(), reference, "correction", "", amount, nothing, "", "", row.at, sign)


def _answer(view: PaymentView) -> Answer:
    currency = BY_CODE[view.currency]
    at = int(view.created_at.timestamp() * MICROSECONDS)
    return Answer(view.status, view.merchant_order, Money(view.amount, currency), view.reason or "", view.id or "", at)


def _unknown(what: str, order: str, amount: Money, error: FeiqianError) -> Answer:
    _log.error("till_outcome_unknown", what=what, error=type(error).__name__)
    return Answer("unknown", order, amount)
