"""Who is meant by a sender, and what is known of it. Names and numbers are left out of every repr."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol

from sqlalchemy import Connection

from feiqian.ids import NO_CUSTOMER, CustomerNumber
from feiqian.money import NO_CURRENCY, NOTHING, CurrencyNumber, MinorUnits


class Way(StrEnum):
    """How a payee is named. The values are on the wire and on disk."""

    MOBILE = "mobile"
    ACCOUNT = "account"
    ALIAS = "alias"
    CODE = "code"  # a receive code that the payee shows
    REQUEST = "request"  # who has asked for the money


class NameCheck(StrEnum):
    """Whether the name that the sender gave is the payee's. The values are on the wire and on disk."""

    MATCH = "match"
    CLOSE = "close_match"  # the payee's name is shown
    NO_MATCH = "no_match"  # or nobody is known by what was given
    NOT_POSSIBLE = "not_possible"  # the names cannot be compared


class Found(NamedTuple):
    """Whom something names. `account` is the ledger's, of this currency; empty: the wallet, in whatever currency.
    `amount`: what has to be sent, if that is fixed."""

    customer: CustomerNumber = NO_CUSTOMER
    account: bytes = b""
    currency: CurrencyNumber = NO_CURRENCY
    amount: MinorUnits = NOTHING

    @property
    def known(self) -> bool:
        return self.customer != NO_CUSTOMER


NOBODY = Found()


class NamingWay(Protocol):
    """One way to name a payee; a feature that has another gives it to `Payees.take_up`.

    `names_itself`: who is shown it needs no name besides, because only its owner gives it (a receive code).
    """

    way: Way
    names_itself: bool

    def read(self, typed: str) -> str:
        """What was typed, in one form. Raises PayeeInvalid for what can name nobody; it looks nothing up."""
        ...

    def find(self, connection: Connection, text: str) -> Found:
        """Whom it names, or NOBODY; as much is looked up for the unknown as for the known."""
        ...

    def shown(self, text: str) -> str:
        """It, masked where lists show it."""
        ...


@dataclass(frozen=True, slots=True)
class Payee:
    """Whom a transfer goes to, as of now. `name` is what the customer is called here ("": nobody is known), `typed`
    what the sender gave, `shown` the masked number or the like. `check`: what came of comparing the names."""

    way: Way
    found: Found
    check: NameCheck
    shown: str
    name: str = field(repr=False)
    typed: str = field(repr=False)
    text: str = field(repr=False, default="")  # what was given, in one form: a mobile number in E.164
    digest: str = ""  # of all that a confirmation is bound to

    @property
    def customer(self) -> CustomerNumber:
        return self.found.customer

    @property
    def confirmed_name(self) -> str:
        """The name that the sender confirms: the payee's where they were shown it, else what they gave."""
        return self.name if self.check is NameCheck.CLOSE else self.typed or self.name


@dataclass(frozen=True, slots=True)
class PayeeCheck:
    """What the sender is told. `name`: the payee's, of a close match; masked, of a way that names itself; else "".
    `receives`: whether the payee can be sent money, which is told of nobody whose name did not fit."""

    id: str
    way: Way
    check: NameCheck
    shown: str
    name: str = field(repr=False)
    typed: str = field(repr=False)
    receives: bool
    currency: CurrencyNumber  # that has to be sent; NO_CURRENCY: any
    at: int
