"""What the pages show, and the one port through which they ask for it (`Bank`).

Nothing here knows HTML, and nothing here decides about money. `port.py` has the port over the running bank.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, Protocol

from feiqian.ids import CustomerNumber, MerchantNumber
from feiqian.money import Currency, Money


class Person(NamedTuple):
    """A customer, as a page names them. `number` is the bank's, `id` the public one."""

    number: CustomerNumber
    id: str
    name: str
    currency: Currency


class Standing(NamedTuple):
    """What a customer's wallet is good for now. `state`: open, frozen, unverified (nothing to pay with yet), or
    no_device (whose codes were revoked)."""

    state: Literal["open", "frozen", "unverified", "no_device"]
    by_bank: bool = False  # frozen by staff, who alone can unfreeze it
    cooling_until: int = 0  # Unix microseconds; until then limits are low


class Waiting(NamedTuple):
    """A payment that waits for its customer. `expires_at` is Unix microseconds."""

    id: str
    merchant: str
    amount: Money
    description: str
    expires_at: int


class Shop(NamedTuple):
    """A merchant, as a page names it."""

    number: MerchantNumber
    id: str
    name: str
    store: str
    currency: Currency


class Item(NamedTuple):
    """One payment, for the lists of all pages. `at` is Unix microseconds; `reason` is a name or empty.

    In a customer's own list, a correction by the bank, too: `sign` says which way, and `order` is its reference.
    """

    id: str
    order: str
    status: str
    reason: str
    amount: Money
    refunded: Money
    customer: str
    merchant: str
    at: int
    sign: str = ""

    @property
    def left(self) -> Money:
        """What can still be given back."""
        return self.amount.minus(self.refunded)


CONFLICT = "conflict"  # the number of an order or refund was used before, for another


class Answer(NamedTuple):
    """What the till is told about a payment. `status` is a payment's, or rejected, missing or unknown.

    unknown: nobody knows yet, ask again by the order. missing: the bank has no such payment. `reason` is a name of
    `payments.policy.Decline`, or CONFLICT.
    """

    status: str
    order: str
    amount: Money
    reason: str = ""
    payment: str = ""
    at: int = 0


class RefundAnswer(NamedTuple):
    """`status` is succeeded, declined or unknown; `reason` as in `Answer`."""

    status: str
    amount: Money
    reason: str = ""


class Code(NamedTuple):
    """A payment code and for how many seconds a phone should show it; `used` if it pays for nothing any more."""

    digits: str
    seconds: float
    used: bool


class Total(NamedTuple):
    """The books in one currency: who is owed what, and both sides of all postings, in minor units."""

    currency: Currency
    customers: int
    merchants: int
    fees: int
    debits: int
    credits: int


class Pulse(NamedTuple):
    """How the bank is doing now. Times are milliseconds, None if nothing was measured lately."""

    rate: float
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    position: int
    hash: str
    behind: int
    accounts: int
    balanced: bool
    as_of: int
    totals: list[Total]


class Bank(Protocol):
    """Everything that the pages ask of the bank."""

    async def people(self, limit: int) -> list[Person]: ...
    async def person(self, id: str) -> Person | None: ...
    async def customer(self, number: CustomerNumber) -> Person | None: ...
    async def standing(self, person: Person) -> Standing: ...
    async def waiting(self, person: Person) -> list[Waiting]:
        """What waits for the customer's confirmation, newest first."""
        ...

    async def shops(self) -> list[Shop]: ...
    async def shop(self, id: str) -> Shop | None: ...
    async def shop_name(self, number: MerchantNumber) -> str: ...
    async def counts(self) -> tuple[int, int]:
        """How many customers and merchants there are."""
        ...

    async def balance(self, person: Person) -> Money:
        """What the wallet holds; answered only when durable."""
        ...

    async def takings(self, shop: Shop) -> Money: ...
    async def payments_of(self, person: Person, limit: int) -> list[Item]: ...
    async def receipts_of(self, shop: Shop, limit: int) -> list[Item]: ...
    async def newest(self, limit: int) -> list[Item]: ...
    async def incomplete(self, whose: Person | Shop | None) -> bool:
        """Whether something is missing in the lists of a customer, of a shop, or in any (None)."""
        ...

    async def code(self, person: Person) -> Code:
        """The code to show now; that it was used already happens after two payments within seconds."""
        ...

    async def pay(self, shop: Shop, code: str, amount: Money, order: str) -> Answer: ...
    async def ask(self, shop: Shop, amount: Money, order: str) -> Answer: ...
    async def cancel(self, shop: Shop, amount: Money, order: str) -> Answer: ...
    async def refund(self, shop: Shop, order: str, amount: Money, number: str) -> RefundAnswer: ...
    async def settled(self, position: int) -> None:
        """Returns when the lists show everything up to this journal position, or after a short while."""
        ...

    def pulse(self) -> Pulse: ...
