"""Closing an account: what two of the staff do for its holder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec

from feiqian.backoffice.change_kinds import ChangeKind, Fields, Words
from feiqian.backoffice.errors import ChangeInvalid
from feiqian.backoffice.model import Change
from feiqian.deposits.errors import AccountNotFound, NotClosable
from feiqian.deposits.model import WALLET, AccountState, DepositAccount
from feiqian.deposits.numbers import masked
from feiqian.money import BY_NUMBER
from feiqian.services import Services
from feiqian.subjects import Subject


class ClosingValues(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which account, and where its money goes (WALLET, or another): each by its id and the last digits of its
    number."""

    account: str
    last_four: str
    target: str
    target_four: str = ""


class CloseAccount(ChangeKind[ClosingValues]):
    """An account is emptied into another of the customer's, and closed."""

    name = "close_account"
    values = ClosingValues
    order = 70
    form = "deposits/propose_closing.html"
    confirmed = ("last_four", "target_four")
    fields: ClassVar[Mapping[str, str]] = {"closing_account": "account", "closing_target": "target"}

    def __init__(self, services: Services) -> None:
        self._deposits, self._closing = services.deposits, services.closing

    async def possible(self, about: Subject) -> bool:
        return bool(await self._open(about))

    async def check(self, about: Subject, values: ClosingValues) -> None:
        try:
            await self._closing.check(about.customer, values.account, values.target)
        except (AccountNotFound, NotClosable) as error:
            raise _not_closable(error) from None
        shown = {account.id: account.last_four for account in await self._deposits.all_of(about.customer)}
        if (shown[values.account], shown.get(values.target, "")) != (values.last_four, values.target_four):
            raise ChangeInvalid("closing_account")

    async def apply(self, change: Change, values: ClosingValues, by: Subject) -> None:
        try:
            await self._closing.close_for(change.about.customer, values.account, values.target, by)
        except (AccountNotFound, NotClosable) as error:
            raise _not_closable(error) from None

    async def choices(self, about: Subject, words: Words) -> Mapping[str, object]:
        offered = [(_choice(account), _called(account, words)) for account in await self._open(about)]
        return {"accounts": offered, "targets": [(WALLET, words.texts("accounts.wallet")), *offered]}

    def read(self, form: Fields) -> dict[str, object]:
        account, _, last_four = form["account"].partition("/")
        target, _, target_four = form["target"].partition("/")
        return {"account": account, "last_four": last_four, "target": target, "target_four": target_four}

    def text(self, values: ClosingValues, words: Words) -> str:
        target = masked(values.target_four) if values.target_four else words.texts("accounts.wallet")
        return f"{masked(values.last_four)} → {target}"

    async def _open(self, about: Subject) -> list[DepositAccount]:
        return [one for one in await self._deposits.all_of(about.customer) if one.state is AccountState.OPEN]


def _choice(account: DepositAccount) -> str:
    """An account as the form sends it."""
    return f"{account.id}/{account.last_four}"


def _called(account: DepositAccount, words: Words) -> str:
    product = words.texts(f"account.product.{account.product}")
    return f"{masked(account.last_four)} · {BY_NUMBER[account.currency].code} · {product}"


def _not_closable(error: AccountNotFound | NotClosable) -> ChangeInvalid:
    return ChangeInvalid(f"closing_{error.reason}" if isinstance(error, NotClosable) else "closing_account")
