"""The ways to name a payee that every bank has: a mobile number, an account's number, an alias."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from feiqian.customers.registry import Customers
from feiqian.deposits.aliases import read_alias
from feiqian.deposits.errors import AccountInvalid
from feiqian.deposits.numbers import masked, read_number
from feiqian.deposits.service import Deposits
from feiqian.kyc.errors import NumberInvalid
from feiqian.kyc.numbers import masked as masked_mobile
from feiqian.kyc.numbers import mobile
from feiqian.payees.aliases import ReceivingAliases
from feiqian.payees.errors import PayeeInvalid
from feiqian.payees.model import NOBODY, Found, Way

_LAST = 4


@dataclass(frozen=True, slots=True)
class ByMobile:
    """By the mobile number on file: into the wallet."""

    customers: Customers
    way = Way.MOBILE
    names_itself = False

    def read(self, typed: str) -> str:
        try:
            return mobile(typed)
        except NumberInvalid as error:
            raise PayeeInvalid("payee", error.reason) from None

    def find(self, connection: Connection, text: str) -> Found:
        number = self.customers.profiles.number_of(connection, text)
        return NOBODY if number is None else Found(number)

    def shown(self, text: str) -> str:
        return masked_mobile(text)


@dataclass(frozen=True, slots=True)
class ByAccount:
    """By the whole number of a deposit account: onto it."""

    deposits: Deposits
    way = Way.ACCOUNT
    names_itself = False

    def read(self, typed: str) -> str:
        number = read_number(typed, self.deposits.openings.prefix)
        if number is None:
            raise PayeeInvalid("payee", "not_a_number")
        return number

    def find(self, connection: Connection, text: str) -> Found:
        account = self.deposits.by_number(connection, self.deposits.number_blind(text))
        return NOBODY if account is None else Found(account.customer, account.ledger_id, account.currency)

    def shown(self, text: str) -> str:
        return masked(text[-_LAST:])


@dataclass(frozen=True, slots=True)
class ByAlias:
    """By the name that a customer has chosen to be paid by: into the wallet."""

    aliases: ReceivingAliases
    way = Way.ALIAS
    names_itself = False

    def read(self, typed: str) -> str:
        try:
            return read_alias(typed)
        except AccountInvalid:
            raise PayeeInvalid("payee", "not_an_alias") from None

    def find(self, connection: Connection, text: str) -> Found:
        number = self.aliases.find(connection, self.aliases.blind(text))
        return NOBODY if number is None else Found(number)

    def shown(self, text: str) -> str:
        return text
