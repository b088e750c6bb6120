"""What `decide` is asked: who pays whom how much, and how that is known. Methods bring it; it holds no rules."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol, TypeAlias, TypeVar

import msgspec

from feiqian.accounts.kinds import wallet_id
from feiqian.auth.challenges.model import Passed
from feiqian.events import PaymentDecided
from feiqian.ids import CustomerNumber, MerchantNumber
from feiqian.ledger.engine import Refusal
from feiqian.merchants.registry import Merchant
from feiqian.money import CurrencyNumber, MinorUnits
from feiqian.payments.policy import Decline


class Order(Protocol):
    """What a merchant asks for, whatever the method. Its number makes the payment one. Amount in minor units."""

    @property
    def amount(self) -> MinorUnits: ...
    @property
    def currency(self) -> str: ...  # letters of ISO 4217
    @property
    def merchant_order(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def store(self) -> str: ...
    @property
    def terminal(self) -> str: ...


ChooseSource: TypeAlias = Callable[[CurrencyNumber, CustomerNumber, MinorUnits], bytes]
"""The account that a customer pays this amount of this currency from. Answers from memory."""


class SourceName(NamedTuple):
    """What one of a customer's accounts is called by: its public id, and how it is shown, with its number masked."""

    id: str
    shown: str


NameSources: TypeAlias = Callable[[CustomerNumber], Awaitable[Mapping[bytes, SourceName]]]
"""The names of a customer's accounts, by their ledger accounts; the wallet has none."""


def from_wallet(currency: CurrencyNumber, customer: CustomerNumber, _amount: MinorUnits) -> bytes:
    """Every payment is taken from the wallet."""
    return wallet_id(currency, customer)


class Channel(StrEnum):
    """Where the payment is asked for."""

    POINT_OF_SALE = "point_of_sale"
    REMOTE = "remote"  # the payer is not at a till


@dataclass(frozen=True, slots=True, eq=False)
class Method:
    """How the payer is known. `declines` says what a refusal of the method's own events means."""

    name: str  # challenges are bound to it, so it never changes
    declines: Mapping[Refusal, Decline]


class OrderHold(NamedTuple):
    """An order that a payment is an attempt to pay: its id, the hold that ends when it is paid, and whether the money
    is only held now, and captured later."""

    id: str
    hold: bytes
    later: bool = False


class Intent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A payment to decide, with its payer known. Amounts in minor units."""

    attempt: bytes  # 16 bytes that make the payment one: the ledger remembers the answer under it
    payer: CustomerNumber  # a customer
    source: bytes  # the payer's account that is debited
    payee: MerchantNumber  # a merchant
    amount: MinorUnits
    currency: CurrencyNumber  # ISO 4217 number
    fee_basis_points: int
    merchant_order: str
    description: str
    store: str
    terminal: str
    asked_at: int  # Unix microseconds
    method: Method
    channel: Channel
    proved: Passed | None = None  # by the payer, for this payment: it is not asked for again
    events: bytes = b""  # the method's own, which come first in the chain; each linked to what follows
    shown_hash: bytes = b""  # keyed, of what the payer showed: the fact keeps it, and retries are compared with it
    order: OrderHold | None = None  # that it is an attempt to pay


O = TypeVar("O", bound=Order, contravariant=True)  # noqa: E741


class PaymentMethod(Protocol[O]):
    """A way to pay: who the payer of an order is, and whether a retry is by the same one. Neither awaits."""

    def intent(self, merchant: Merchant, order: O, attempt: bytes, now_us: int) -> Intent | Decline:
        """The intent of this attempt, asked for at this time (Unix µs), or why the payer is not known."""

    def check_retry(self, fact: PaymentDecided, merchant: Merchant, order: O) -> None:
        """Raises OrderConflict unless the order has the fact's content and payer."""
