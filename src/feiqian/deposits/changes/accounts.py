"""What two of the staff can change of deposit accounts: a new one, and whether one is frozen, dormant or open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import msgspec
from sqlalchemy import Connection

from feiqian.backoffice.change_kinds import ChangeKind, Fields, Words
from feiqian.backoffice.errors import ChangeInvalid
from feiqian.backoffice.model import Change
from feiqian.deposits.errors import AccountInvalid
from feiqian.deposits.model import STOPPED, AccountState, DepositAccount, WantedAccount
from feiqian.deposits.numbers import masked
from feiqian.deposits.openings import PRODUCTS
from feiqian.deposits.states import ACTIONS, FOLLOWING
from feiqian.money import BY_NUMBER, CurrencyNumber, currency
from feiqian.services import Services
from feiqian.subjects import Subject


class OpeningValues(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`currency` is an ISO 4217 number, `product` one of the bank's."""

    currency: CurrencyNumber
    product: str


class StateValues(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of which account, by id and the last four digits of its number; `before`: what it is when this is proposed."""

    account: str
    last_four: str
    before: AccountState
    state: AccountState


class OpenAccount(ChangeKind[OpeningValues]):
    """A new account of a customer's."""

    name = "open_account"
    values = OpeningValues
    order = 60
    form = "deposits/propose_opening.html"
    confirmed = ("product",)
    fields: ClassVar[Mapping[str, str]] = {"account_currency": "currency", "product": "product"}

    def __init__(self, services: Services) -> None:
        self._transactions, self._deposits, self._accounts = services.transactions, services.deposits, services.accounts

    async def check(self, about: Subject, values: OpeningValues) -> None:
        wanted = WantedAccount(about.customer, values.currency, values.product)
        try:
            await self._transactions.read(self._deposits.openings.check, wanted)
        except AccountInvalid as error:
            raise _invalid(error) from None

    async def apply(self, change: Change, values: OpeningValues, by: Subject) -> None:
        holder, reference = change.about.customer, f"change/{change.id}"
        try:
            await self._deposits.open(holder, values.currency, values.product, by, reference)
        except AccountInvalid as error:
            raise _invalid(error) from None

    async def choices(self, about: Subject, words: Words) -> Mapping[str, object]:
        return {
            "currencies": [(BY_NUMBER[number].code,) * 2 for number in self._accounts.currencies],
            "products": [(product, words.texts(f"account.product.{product}")) for product in PRODUCTS],
        }

    def read(self, form: Fields) -> dict[str, object]:
        return {"currency": currency(form["currency"]).number, "product": form["product"]}

    def text(self, values: OpeningValues, words: Words) -> str:
        product = words.texts.catalogue.get(f"account.product.{values.product}", values.product)
        return f"{product} · {BY_NUMBER[values.currency].code}"


class SetAccountState(ChangeKind[StateValues]):
    """Freezes an account, sets it to dormant, or releases it."""

    name = "account_state"
    values = StateValues
    order = 65
    form = "deposits/propose_state.html"
    confirmed = ("last_four", "before", "state")
    fields: ClassVar[Mapping[str, str]] = {"account": "account", "account_moved": "account", "account_state": "state"}

    def __init__(self, services: Services) -> None:
        self._deposits, self._states = services.deposits, services.account_states
        self._transactions, self._audit_log = services.transactions, services.audit_log

    async def possible(self, about: Subject) -> bool:
        return bool(await self._changeable(about))

    async def check(self, about: Subject, values: StateValues) -> None:
        account = await self._find(about, values)
        if account.state is not values.before:
            raise ChangeInvalid("account_moved")
        if values.state not in FOLLOWING.get(values.before, ()):
            raise ChangeInvalid("account_state")

    async def apply(self, change: Change, values: StateValues, by: Subject) -> None:
        account = await self._find(change.about, values)
        if account.state not in (values.before, values.state):
            raise ChangeInvalid("account_moved")
        lifts = values.state is AccountState.OPEN and account.state is not values.state
        if lifts and await self._transactions.read(self._stopped_since, change):
            raise ChangeInvalid("account_moved")  # no freeze is lifted that came after the proposal
        try:
            await self._states.put(account.id, values.state, by)
        except AccountInvalid as error:
            raise _invalid(error) from None

    async def choices(self, about: Subject, words: Words) -> Mapping[str, object]:
        offered = await self._changeable(about)
        possible = {state for account in offered for state in FOLLOWING[account.state]}
        states = [state for state in ACTIONS if state in possible]
        return {
            "accounts": [(_chosen(account), " · ".join(_line(account, words))) for account in offered],
            "states": [(state.value, words.texts(f"account.state.{state}")) for state in states],
        }

    def read(self, form: Fields) -> dict[str, object]:
        account, last_four, before = (form["account"].split("/") + [""] * 3)[:3]
        return {"account": account, "last_four": last_four, "before": before, "state": form["state"]}

    def text(self, values: StateValues, words: Words) -> str:
        before, after = (words.texts(f"account.state.{state}") for state in (values.before, values.state))
        return f"{masked(values.last_four)}: " + words.texts("staff.change.level", before=before, after=after)

    def _stopped_since(self, connection: Connection, change: Change) -> bool:
        """Whether an account of the holder's was frozen or set to dormant after the change was proposed."""
        stopping = [ACTIONS[state] for state in STOPPED]
        return self._audit_log.any_since(connection, str(change.about), stopping, change.proposed_at + 1)

    async def _changeable(self, about: Subject) -> list[DepositAccount]:
        return [account for account in await self._deposits.all_of(about.customer) if account.state in FOLLOWING]

    async def _find(self, about: Subject, values: StateValues) -> DepositAccount:
        for account in await self._deposits.all_of(about.customer):
            if (account.id, account.last_four) == (values.account, values.last_four):
                return account
        raise ChangeInvalid("account")


def _chosen(account: DepositAccount) -> str:
    """An account as the form sends it: what it is then is what the change is proposed from."""
    return f"{account.id}/{account.last_four}/{account.state}"


def _line(account: DepositAccount, words: Words) -> Iterator[str]:
    yield account.masked
    yield BY_NUMBER[account.currency].code
    yield words.texts(f"account.product.{account.product}")
    yield words.texts(f"account.state.{account.state}")


def _invalid(error: AccountInvalid) -> ChangeInvalid:
    """Its reason among those of changes: some of the words are taken there."""
    return ChangeInvalid({"currency": "account_currency", "state": "account_state"}.get(error.reason, error.reason))
