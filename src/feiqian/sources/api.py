"""A signed-in customer's sources under /v1, and which problem each error is there."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar.params import JSONBody

from feiqian.errors import FeiqianError
from feiqian.ids import CustomerNumber
from feiqian.money import BY_CODE
from feiqian.services import Services
from feiqian.sources.errors import SourcesInvalid
from feiqian.sources.service import MOST
from feiqian.sources.standing import Source, Standing
from feiqian.strings.patterns import matching
from feiqian.web.v1.operations import TheServices, TheSession, get, grouped, post
from feiqian.web.v1.problems import INVALID, FieldError, Kind, ProblemError, Told

PATH = "/v1/me/payment-sources"
Code = Annotated[str, matching("[A-Z]{3}", examples=["CNY"])]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=36, examples=["wallet"])]


class SourceShown(msgspec.Struct, frozen=True):
    """The wallet or an account. `available` in minor units; `state` is opening, open, frozen, dormant or closed."""

    id: Id
    state: Annotated[str, msgspec.Meta(examples=["open"])]
    available: Annotated[int, msgspec.Meta(examples=[1250])]
    alias: Annotated[str, msgspec.Meta(examples=[""])]
    last_four: Annotated[str, msgspec.Meta(examples=["0042"])]


class CurrencySources(msgspec.Struct, frozen=True):
    """Of one currency: the order that was chosen, what could be chosen besides, and what pays now (None: nothing)."""

    currency: Code
    order: list[SourceShown]
    others: list[SourceShown]
    falls_through: bool
    next: Id | None


class SourceList(msgspec.Struct, frozen=True):
    """All currencies that the customer has a wallet or an account in."""

    data: list[CurrencySources]


class Choosing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The new order of one currency; `falls_through`: the next one pays what one holds too little for."""

    currency: Code
    sources: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=MOST, examples=[["wallet"]])]
    falls_through: bool = False


@get(PATH, "listPaymentSources", "What payments by code are taken from", who="customer")
async def list_sources(session: TheSession, services: TheServices) -> SourceList:
    return await _shown(services, session.subject.customer)


@post(
    PATH,
    "choosePaymentSources",
    "Choose what payments by code are taken from",
    who="customer",
    description="It replaces the whole order of this currency, from the answer on. Choosing the same again changes "
    "nothing, so a lost answer may be asked for again.",
)
async def choose_sources(data: JSONBody[Choosing], session: TheSession, services: TheServices) -> SourceList:
    if data.currency not in BY_CODE:
        raise SourcesInvalid("unknown")
    customer, currency = session.subject.customer, BY_CODE[data.currency].number
    await services.sources.put(customer, currency, data.sources, data.falls_through)
    return await _shown(services, customer)


async def _shown(services: Services, customer: CustomerNumber) -> SourceList:
    return SourceList([_of_currency(it) for it in await services.sources.standing(customer)])


def _of_currency(it: Standing) -> CurrencySources:
    order, others = ([_source(source) for source in sources] for sources in (it.order, it.others))
    return CurrencySources(it.currency.code, order, others, it.falls_through, it.next.id if it.next else None)


def _source(source: Source) -> SourceShown:
    alias, last_four = (source.account.alias, source.account.last_four) if source.account else ("", "")
    return SourceShown(source.id, source.state, source.available.minor, alias, last_four)


def _reason(problem: ProblemError, error: SourcesInvalid) -> None:
    problem.errors = (FieldError("sources", error.reason),)


PROBLEMS: dict[type[FeiqianError], Kind] = {SourcesInvalid: INVALID}
TOLD: dict[type[FeiqianError], Told] = {SourcesInvalid: _reason}
OPERATIONS = grouped(
    "Payment sources",
    "What a customer's payments by code are taken from: the wallet or own accounts, in an order of choice.",
    list_sources,
    choose_sources,
)
