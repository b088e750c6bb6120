"""What an operation of the mix is, and where it is done. A kind is a small class, listed in `kinds.KINDS`.

Every operation has a number that makes it one. It is asked until its outcome is known, and may be asked again after
that: the outcome stays the same word.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, ClassVar, NamedTuple, TypeVar, cast

from feiqian.deposits.model import DepositAccount
from feiqian.events import AttemptDecided, Fact, OrderChanged, OwnTransferDecided, PaymentDecided, RefundDecided
from feiqian.ids import CustomerNumber
from feiqian.merchants.registry import Merchant
from feiqian.money import CNY, MinorUnits
from feiqian.orders.model import order_object
from feiqian.payments.code_keys import KeyRing
from feiqian.payments.codes import SLOT_SECONDS, CodeIssuer
from feiqian.services import Services

CURRENCY = CNY.number
CODE_SLOTS = 4  # whose codes hold for some seconds more
NUMBERED: dict[type, str] = {
    PaymentDecided: "merchant_order",
    AttemptDecided: "merchant_order",
    RefundDecided: "merchant_refund",
    OwnTransferDecided: "number",
}
F = TypeVar("F")
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
        self._known: dict[tuple[type, str], Any] = {}
        self.orders: dict[str, list[OrderChanged]] = {}  # by the merchant's number, with all of their versions
        self.attempts: dict[str, list[AttemptDecided]] = defaultdict(list)  # by the order's id
        self.refunds: dict[str, list[RefundDecided]] = defaultdict(list)  # by the payment's id

    def take(self, fact: Fact) -> None:
        """Raises AssertionError if this number was decided before, or an order lacks a version."""
        if isinstance(fact, OrderChanged):
            versions = self.orders.setdefault(order_object(fact).merchant_order, [])
            versions.append(fact)
            assert fact.version == len(versions), f"{fact.id} has version {fact.version} after {len(versions) - 1}"
        elif isinstance(fact, AttemptDecided):
            self.attempts[fact.order].append(fact)
        elif isinstance(fact, RefundDecided):
            self.refunds[fact.payment].append(fact)
        name = NUMBERED.get(type(fact))
        if name is not None:
            key = type(fact), getattr(fact, name)
            assert key not in self._known, f"{key} was decided twice"
            self._known[key] = fact

    def of(self, kind: type[F], number: str) -> F:
        """Raises KeyError if the journal does not have it."""
        return cast("F", self._known[kind, number])

    def all(self, kind: type[F]) -> list[F]:
        """All of a kind."""
        return [fact for fact in self._known.values() if isinstance(fact, kind)]


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

    def merchant(self, it: Asked) -> Merchant:
        """Of whom a payment is made."""
        return self.merchants[it.way % len(self.merchants)]

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
