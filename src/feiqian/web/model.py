"""What the pages show. Nothing here knows HTML, or decides about money; `port.py` asks the running bank for it."""

from __future__ import annotations

from typing import Literal, NamedTuple

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
    fee: int = 0  # basis points of each sale


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
