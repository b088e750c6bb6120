"""A signed-in customer's statements: what a period comes to, and the files."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from litestar.params import FromQuery

from feiqian.clock import moment
from feiqian.deposits.errors import AccountNotFound
from feiqian.deposits.model import WALLET
from feiqian.money import BY_CODE, BY_NUMBER
from feiqian.payments.requests import CurrencyCode
from feiqian.services import Services
from feiqian.statements.model import Format, Statement
from feiqian.statements.periods import days_of, period_of
from feiqian.statements.service import FILES, Which
from feiqian.strings.patterns import matching
from feiqian.web.v1 import problems
from feiqian.web.v1.answers import Answer
from feiqian.web.v1.operations import Id, TheServices, TheSession, get, grouped

from .refused import TOO_MANY_ENTRIES

AccountId = Annotated[
    str,
    matching("[A-Za-z0-9_]{1,64}", description="An account's id, or `wallet`.", examples=["wallet"]),
]
PeriodText = Annotated[
    str,
    matching(
        "[0-9]{4}(-(0[1-9]|1[0-2]|Q[1-4]))?",
        description="A month, a quarter or a year: `2026-11`, `2026-Q4`, `2026`. Else `first` and `last`.",
        examples=["2026"],
    ),
]
Language = Literal["en", "zh", "es"]
FormatName = Literal["pdf", "csv", "xlsx", "ofx", "camt053"]
_OWN = (problems.NOT_FOUND, TOO_MANY_ENTRIES)
_WHICH = (
    "Of the account or wallet and the days that are asked for, by the bank's clock; a period that is not over tells of "
    "what there is so far, and is `provisional`."
)
_TYPES = ", ".join(media_type.partition(";")[0] for _, media_type in FILES.values())


class Moved(msgspec.Struct, frozen=True):
    """How many entries, and what they come to, in minor units."""

    entries: int
    amount: int


class StatementShown(msgspec.Struct, frozen=True):
    """What an account had, got and gave in a period. `through` is until when it tells; balances in minor units.

    `id` never changes once the period is over. An entry's id is the same in each statement and each file.
    """

    id: str
    account: str
    currency: str
    first: date
    last: date
    provisional: bool
    through: datetime
    opening: int
    closing: int
    came: Moved
    left: Moved
    made_at: datetime


@get(
    "/v1/me/statements",
    "getStatement",
    "What an account had, got and gave in a period",
    who="customer",
    description=_WHICH,
    problems=_OWN,
)
async def get_statement(
    session: TheSession,
    services: TheServices,
    account: FromQuery[AccountId] = WALLET,
    currency: FromQuery[CurrencyCode | None] = None,
    period: FromQuery[PeriodText | None] = None,
    first: FromQuery[date | None] = None,
    last: FromQuery[date | None] = None,
) -> StatementShown:
    which = _which(services, account, currency, period, first, last)
    found = await services.statement_files.statement(session.subject.customer, which, session.language)
    return _shown(account, found)


@get(
    "/v1/me/statements/file",
    "downloadStatement",
    "The statement as a file",
    who="customer",
    description=f"{_WHICH} `format` is `pdf`, `csv`, `xlsx`, `ofx` (2.2) or `camt053` (camt.053.001.08); texts are in "
    "`language`, which is the session's unless it is given.",
    problems=_OWN,
    media_type=_TYPES,
)
async def download_statement(
    session: TheSession,
    services: TheServices,
    format: FromQuery[FormatName] = "pdf",
    account: FromQuery[AccountId] = WALLET,
    currency: FromQuery[CurrencyCode | None] = None,
    period: FromQuery[PeriodText | None] = None,
    first: FromQuery[date | None] = None,
    last: FromQuery[date | None] = None,
    language: FromQuery[Language | None] = None,
) -> Answer:
    which = _which(services, account, currency, period, first, last)
    customer, spoken = session.subject.customer, language or session.language
    made = await services.statement_files.file(customer, which, Format(format), spoken)
    said = f'attachment; filename="statement.{FILES[Format(format)][0]}"'.encode()
    return Answer(200, made.content, made.media_type.encode(), ((b"content-disposition", said),))


class StatementChecked(msgspec.Struct, frozen=True):
    """What the bank has said in a statement. `account` is the end of its number, "" of a wallet; `holder` is masked."""

    holder: str
    account: str
    currency: str
    first: date
    last: date
    provisional: bool
    opening: int
    closing: int
    entries: int
    made_at: datetime


@get(
    "/v1/statements/{id:str}",
    "checkStatement",
    "What the bank has said in a statement, by its code",
    who="anyone",
    description="For whoever holds a statement: what differs from this was changed. Unknown codes are not found.",
    problems=(problems.NOT_FOUND, problems.TOO_MANY_REQUESTS),
)
async def check_statement(id: Id, services: TheServices) -> StatementChecked:
    it, holder = await services.statement_files.given.look(id)
    return StatementChecked(
        holder=holder,
        account=it.last_four,
        currency=BY_NUMBER[it.currency].code,
        first=it.first,
        last=it.last,
        provisional=it.provisional,
        opening=it.opening,
        closing=it.closing,
        entries=it.entries,
        made_at=moment(it.made_at),
    )


def _which(
    services: Services,
    account: str,
    currency: str | None,
    period: str | None,
    first: date | None,
    last: date | None,
) -> Which:
    """Raises AccountNotFound, PeriodInvalid, ProblemError."""
    if currency is not None and currency not in BY_CODE:
        raise AccountNotFound("there is no such account")
    number = services.policy.currency if currency is None else BY_CODE[currency].number
    if (period is None) is (first is None or last is None):
        raise problems.ProblemError(problems.INVALID, "Give a period, or its first and its last day.")
    days = period_of(period) if period is not None else days_of(str(first), str(last))
    return Which(account, number, days)


def _shown(account: str, it: Statement) -> StatementShown:
    return StatementShown(
        id=it.id,
        account=account,
        currency=it.account.currency,
        first=it.first,
        last=it.last,
        provisional=it.provisional,
        through=moment(it.through),
        opening=it.opening,
        closing=it.closing,
        came=Moved(*it.came),
        left=Moved(*it.left),
        made_at=moment(it.made_at),
    )


OPERATIONS = grouped(
    "Statements",
    "What moved on a customer's account in a period, as one statement: its balances and sums, and files of it.",
    get_statement,
    download_statement,
    check_statement,
)
