"""What a customer has, in one view, under /v1; and how they want to see it."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar.params import JSONBody

from feiqian.deposits.api.shapes import Place as AccountId
from feiqian.deposits.pages.places import name_of
from feiqian.errors import FeiqianError
from feiqian.home.errors import ArrangementInvalid
from feiqian.home.model import Place
from feiqian.home.pages.money import Held, MoneyShown, money_of
from feiqian.money import BY_CODE
from feiqian.payments.requests import CurrencyCode
from feiqian.web.v1.operations import TheServices, TheSession, get, grouped, post
from feiqian.web.v1.problems import INVALID, FieldError, Kind, ProblemError, Told

PROBLEMS: dict[type[FeiqianError], Kind] = {ArrangementInvalid: INVALID}
MOST = 50  # accounts in a request


def _field(problem: ProblemError, error: ArrangementInvalid) -> None:
    problem.errors = (FieldError("accounts", "not yours, or named twice"),)


TOLD: dict[type[FeiqianError], Told] = {ArrangementInvalid: _field}


class AccountInView(msgspec.Struct, frozen=True):
    """An account, or the wallet in a currency, whose `id` is `wallet`. Amounts in minor units."""

    id: str
    currency: str
    balance: int
    available: int
    hidden: bool


class Overview(msgspec.Struct, frozen=True):
    """`total` of what is not hidden, in the bank's own currency; `unread` notices."""

    total: int
    currency: str
    accounts: list[AccountInView]
    unread: int


class Arranged(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An account in its place. A hidden one is left out of the first page and its sum; payments go on as before."""

    id: Annotated[AccountId, msgspec.Meta(examples=["wallet"])]
    currency: CurrencyCode
    hidden: bool = False


class Arrangement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The accounts in the order that is wanted; those that are not named stand at the end."""

    accounts: Annotated[
        list[Arranged], msgspec.Meta(max_length=MOST, examples=[[{"id": "wallet", "currency": "CNY", "hidden": False}]])
    ]


@get("/v1/me/overview", "getOverview", "What the customer has in all accounts, as they arranged them", who="customer")
async def get_overview(session: TheSession, services: TheServices) -> Overview:
    number = session.subject.customer
    return _shown(await money_of(services, number), await services.inbox.unread(number))


@post("/v1/me/overview", "arrangeOverview", "Arrange the accounts, and hide some", who="customer")
async def arrange_overview(data: JSONBody[Arrangement], session: TheSession, services: TheServices) -> Overview:
    number = session.subject.customer
    own = [one.name for one in (await money_of(services, number)).all]
    wanted = [Place(_name(one), one.hidden) for one in data.accounts]
    await services.arrangements.put(number, wanted, own)
    return _shown(await money_of(services, number), await services.inbox.unread(number))


def _name(one: Arranged) -> str:
    if one.currency not in BY_CODE:
        raise ArrangementInvalid("there is no such currency")
    return name_of(one.id, BY_CODE[one.currency])


def _shown(money: MoneyShown, unread: int) -> Overview:
    return Overview(money.total.minor, money.total.currency.code, [_account(held) for held in money.all], unread)


def _account(held: Held) -> AccountInView:
    holding = held.holding
    code, balance, available = holding.currency.code, holding.balance.minor, holding.available.minor
    return AccountInView(holding.id, code, balance, available, held.hidden)


OPERATIONS = grouped("Overview", "What a customer has at the bank, in one view.", get_overview, arrange_overview)
