"""A signed-in customer's accounts and their statements."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar.params import FromQuery, JSONBody

from feiqian.auth.api.refused import CHALLENGE_NOT_PASSED, FACTOR_NOT_USABLE
from feiqian.auth.api.render import shown
from feiqian.auth.api.shapes import ChallengeShown
from feiqian.clock import moment
from feiqian.deposits.api import shapes
from feiqian.deposits.errors import AccountNotFound
from feiqian.deposits.numbers import masked
from feiqian.deposits.statements import Holding, Line
from feiqian.ids import CustomerNumber
from feiqian.money import BY_CODE, CurrencyNumber
from feiqian.payments.requests import CurrencyCode
from feiqian.services import Services
from feiqian.strings.patterns import matching
from feiqian.web.v1 import problems
from feiqian.web.v1.operations import Id, TheServices, TheSession, get, grouped, post

Limit = Annotated[int, msgspec.Meta(ge=1, le=100)]
Cursor = Annotated[str, matching("[A-Za-z0-9_.=-]{1,200}")]
_OF_ONE = (problems.NOT_FOUND,)
_KINDS = {"activity.what.opening": "opening_balance"}  # the others are called as in activity


@get(
    "/v1/me/accounts",
    "listAccounts",
    "The wallets and accounts, with what they hold",
    who="customer",
    description="Those whose `state` is this `status`; without it, all but the accounts that are closed.",
)
async def list_accounts(
    session: TheSession, services: TheServices, status: FromQuery[shapes.State | None] = None
) -> shapes.AccountList:
    holdings = await services.statements.holdings(session.subject.customer, closed=status == "closed")
    listed = map(_shown, holdings)
    return shapes.AccountList([one for one in listed if status in (None, one.state)])


@get("/v1/me/accounts/{id:str}", "getAccount", "An account, with its whole number", who="customer", problems=_OF_ONE)
async def get_account(id: Id, session: TheSession, services: TheServices) -> shapes.AccountDetails:
    return await _details(services, session.subject.customer, id)


async def _details(services: Services, customer: CustomerNumber, id: str) -> shapes.AccountDetails:
    """Raises AccountNotFound."""
    holding = await services.statements.holding(customer, id, services.policy.currency)
    account = holding.account
    if account is None:
        raise AccountNotFound("the wallet has no number")
    return shapes.AccountDetails(
        id=account.id,
        product=account.product,
        alias=account.alias,
        number=await services.transactions.read(services.deposits.number, account.id),
        state=account.state.value,
        currency=holding.currency.code,
        balance=holding.balance.minor,
        available=holding.available.minor,
        opened_at=moment(account.opened_at),
        closed_at=moment(account.closed_at) if account.closed_at else None,
    )


@get(
    "/v1/me/accounts/{id:str}/entries",
    "listEntries",
    "The statement of an account, newest first",
    who="customer",
    description="Of the wallet, too: its id is `wallet`, and `currency` says which, if not that of the bank.",
    problems=_OF_ONE,
)
async def list_entries(
    id: Id,
    session: TheSession,
    services: TheServices,
    currency: FromQuery[CurrencyCode | None] = None,
    limit: FromQuery[Limit] = 50,
    cursor: FromQuery[Cursor | None] = None,
) -> shapes.EntryList:
    of = _currency(services, currency)
    page = await services.statements.page(session.subject.customer, id, of, cursor, limit)
    entries = [_entry(line) for line in page.lines]
    return shapes.EntryList(entries, page.holding.currency.code, page.older, page.incomplete)


@post(
    "/v1/me/accounts/{id:str}/closing",
    "beginClosing",
    "Begin to close an account; the challenge's `text` is what is confirmed",
    who="customer",
    problems=(problems.NOT_FOUND, problems.CONFLICT, FACTOR_NOT_USABLE),
)
async def begin_closing(
    id: Id, data: JSONBody[shapes.ClosingWanted], session: TheSession, services: TheServices
) -> ChallengeShown:
    return shown(await services.closing.challenge(session, id, data.target))


@post(
    "/v1/me/accounts/{id:str}/close",
    "closeAccount",
    "Close an account with the challenge that was passed for it",
    who="customer",
    description="What it holds moves to `target` at once. While something is pending, the `detail` of the conflict "
    "says what: `money_held`, `payments_wait`, `frozen`, `dormant`, `target` or `under_way`.",
    problems=(problems.NOT_FOUND, problems.CONFLICT, problems.CHALLENGE_OVER, CHALLENGE_NOT_PASSED),
)
async def close_account(
    id: Id, data: JSONBody[shapes.ClosingConfirmed], session: TheSession, services: TheServices
) -> shapes.AccountDetails:
    await services.closing.close(session, data.challenge, id, data.target)
    return await _details(services, session.subject.customer, id)


def _currency(services: Services, code: str | None) -> CurrencyNumber:
    """Raises AccountNotFound for letters that no currency has."""
    if code is None:
        return services.policy.currency
    if code not in BY_CODE:
        raise AccountNotFound("there is no such account")
    return BY_CODE[code].number


def _shown(holding: Holding) -> shapes.AccountShown:
    account = holding.account
    return shapes.AccountShown(
        id=holding.id,
        kind="wallet" if account is None else "deposit",
        product="" if account is None else account.product,
        alias="" if account is None else account.alias,
        number="" if account is None else masked(account.last_four),
        state="open" if account is None else account.state.value,
        currency=holding.currency.code,
        balance=holding.balance.minor,
        available=holding.available.minor,
    )


def _entry(line: Line) -> shapes.EntryShown:
    told = line.described
    return shapes.EntryShown(
        id=line.sequence,
        at=moment(line.at),
        kind=_KINDS.get(told.text, told.text.rpartition(".")[2]),
        amount=line.amount,
        balance=line.balance.minor,
        merchant=told.who if line.payment else "",
        description=told.note if line.payment else "",
        payment=line.payment,
        other=told.account,
    )


OPERATIONS = grouped(
    "Accounts",
    "What a customer has at the bank: the wallet and deposit accounts, and what moved on each.",
    list_accounts,
    get_account,
    list_entries,
    begin_closing,
    close_account,
)
