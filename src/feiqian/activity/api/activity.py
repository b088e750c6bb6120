"""A signed-in customer's movements: listed, searched, summed up by months."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec
from litestar.params import FromQuery

from feiqian.accounts.kinds import wallet_id
from feiqian.activity.api import shapes
from feiqian.activity.errors import MovementNotFound
from feiqian.activity.matching import LONGEST_SEARCH
from feiqian.activity.model import Direction, Movement, State, Wanted
from feiqian.clock import microseconds, moment
from feiqian.deposits.errors import AccountNotFound
from feiqian.deposits.model import WALLET
from feiqian.ids import CustomerNumber
from feiqian.money import BY_CODE, BY_NUMBER
from feiqian.payments.read_model.lines import NEVER, Span
from feiqian.payments.requests import CurrencyCode
from feiqian.services import Services
from feiqian.strings.patterns import LINE, matching
from feiqian.web.v1 import problems
from feiqian.web.v1.operations import Id, TheServices, TheSession, get, grouped

Limit = Annotated[int, msgspec.Meta(ge=1, le=100)]
Cursor = Annotated[str, matching("[0-9.-]{1,60}")]
Text = Annotated[str, matching(LINE, max_length=LONGEST_SEARCH, examples=["tea"])]
AccountId = Annotated[str, matching("[A-Za-z0-9_]{1,64}", description="An account's id, or `wallet`.")]
Least = Annotated[int, msgspec.Meta(ge=0, le=NEVER)]
_TIME = "[0-2][0-9]:[0-5][0-9]"
_PATTERN = rf"[12][0-9]{{3}}-[01][0-9]-[0-3][0-9]T{_TIME}:[0-5][0-9](\.[0-9]{{1,6}})?(Z|[+-]{_TIME})"
Moment = Annotated[str, matching(_PATTERN, description="A date-time of RFC 3339.", examples=["2026-11-28T00:00:00Z"])]
_MONTH = re.compile(r"(?:19[7-9]|2[0-9]{2})[0-9]-(?:0[1-9]|1[0-2])", re.ASCII)
_OF_ONE = (problems.NOT_FOUND,)


@get(
    "/v1/me/activity",
    "listActivity",
    "All that moved on the customer's accounts, and what waits or came to nothing, newest first",
    who="customer",
    description="`text` is looked for in names, notes and numbers, and is an amount if it looks like one. `least` and "
    "`most` are amounts in minor units, whichever way the money goes. `since` is the first moment, `until` the first "
    "one after.",
    problems=_OF_ONE,
)
async def list_activity(
    session: TheSession,
    services: TheServices,
    text: FromQuery[Text] = "",
    account: FromQuery[AccountId | None] = None,
    currency: FromQuery[CurrencyCode | None] = None,
    direction: FromQuery[Literal["in", "out"] | None] = None,
    outcome: FromQuery[Literal["done", "open", "failed"] | None] = None,
    since: FromQuery[Moment | None] = None,
    until: FromQuery[Moment | None] = None,
    least: FromQuery[Least] = 0,
    most: FromQuery[Least | None] = None,
    limit: FromQuery[Limit] = 30,
    cursor: FromQuery[Cursor] = "",
) -> shapes.ActivityList:
    customer = session.subject.customer
    wanted = Wanted(
        account=b"" if account is None else await _ledger_id(services, customer, account, currency),
        span=Span(_moment("since", since) if since else 0, _moment("until", until) if until else NEVER),
        direction=Direction(direction or ""),
        state=State(outcome or ""),
        least=least,
        most=NEVER if most is None else most,
        text=text,
    )
    await services.reads.wait(services.ledger.durable_position, who=("customer", customer))
    page = await services.activity.page(customer, wanted, cursor, limit)
    notes = await services.movement_notes.of(customer, [it.id for it in page.movements])
    ids = await ids_of(services, customer)
    data = [shown(it, ids, notes.get(it.id, "")) for it in page.movements]
    return shapes.ActivityList(data, page.older or None, page.on_the_way, page.incomplete)


@get(
    "/v1/me/activity/months/{id:str}",
    "getActivityMonth",
    "What a month came to",
    who="customer",
    description="The month is in the path, as `2026-11`.",
    problems=_OF_ONE,
)
async def get_activity_month(
    id: Id,
    session: TheSession,
    services: TheServices,
    account: FromQuery[AccountId | None] = None,
    currency: FromQuery[CurrencyCode | None] = None,
) -> shapes.MonthShown:
    customer = session.subject.customer
    only = b"" if account is None else await _ledger_id(services, customer, account, currency)
    await services.reads.wait(services.ledger.durable_position, who=("customer", customer))
    sums = await services.activity.sums(customer, _span_of(id, ZoneInfo(services.settings.zone)), only)
    told = None if sums is None else [shapes.SumShown(BY_NUMBER[one.currency].code, one.came, one.left) for one in sums]
    return shapes.MonthShown(id, told)


def _moment(field: str, text: str) -> int:
    """In Unix microseconds. Raises ProblemError for what no calendar has."""
    try:
        return microseconds(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        wrong = problems.FieldError(field, "there is no such moment")
        raise problems.ProblemError(problems.INVALID, errors=(wrong,)) from None


def _span_of(month: str, zone: ZoneInfo) -> Span:
    """Raises MovementNotFound for what is no month."""
    if _MONTH.fullmatch(month) is None:
        raise MovementNotFound("there is no such month")
    year, number = map(int, month.split("-"))
    first = datetime(year, number, 1, tzinfo=zone)
    after = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=zone)
    return Span(microseconds(first), microseconds(after))


async def _ledger_id(services: Services, customer: CustomerNumber, id: str, currency: str | None) -> bytes:
    """Raises AccountNotFound."""
    if currency is not None and currency not in BY_CODE:
        raise AccountNotFound("there is no such account")
    of = services.policy.currency if currency is None else BY_CODE[currency].number
    holding = await services.statements.holding(customer, id, of)
    return wallet_id(of, customer) if holding.account is None else holding.account.ledger_id


async def ids_of(services: Services, customer: CustomerNumber) -> Mapping[bytes, str]:
    """How apps name the customer's deposit accounts, by their accounts in the ledger; all others are wallets."""
    return {account.ledger_id: account.id for account in await services.deposits.all_of(customer)}


def shown(it: Movement, ids: Mapping[bytes, str], own_note: str) -> shapes.MovementShown:
    told = it.described
    return shapes.MovementShown(
        id=it.id,
        at=moment(it.at),
        account=ids.get(it.account, WALLET),
        amount=it.amount,
        currency=it.of.code,
        balance=it.balance,
        kind=told.text.rpartition(".")[2],
        status=told.status,
        who=told.who,
        other=told.account,
        note=told.note,
        own_note=own_note,
        reference=told.reference,
    )


OPERATIONS = grouped(
    "Activity",
    "What moved on a customer's accounts, what waits or came to nothing, and the receipt of each.",
    list_activity,
    get_activity_month,
)
