"""What developers ask of a test bank, under /test, with the shop's key. No bank that is served has these."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar.datastructures import State
from litestar.params import FromPath, FromQuery, JSONBody
from sqlalchemy import Connection

from feiqian.clock import microseconds, moment
from feiqian.errors import FeiqianError
from feiqian.merchants.scopes import Scope
from feiqian.orders.model import Order
from feiqian.payments.views import PaymentView
from feiqian.services import Services
from feiqian.subjects import customer
from feiqian.test_bank.forwarding import MOST_SECONDS, Forwarding, TooFar
from feiqian.test_bank.payers import BY_NAME, PAYERS, Payer
from feiqian.test_bank.paying import NotPayable, Paying
from feiqian.web.v1.framework import litestar
from feiqian.web.v1.operations import Id, TheMerchant, TheServices, get, grouped, post
from feiqian.web.v1.problems import CONFLICT, INVALID, NOT_FOUND, Kind, ProblemError

MESSAGES = 20
_DIGITS = re.compile(r"\b\d{6}\b")
PROBLEMS: dict[type[FeiqianError], Kind] = {TooFar: INVALID, NotPayable: CONFLICT}


@dataclass(frozen=True, slots=True)
class TestBank:
    """What the operations are given besides the bank's services, as the application's state."""

    forwarding: Forwarding
    paying: Paying


Moment = Annotated[datetime, msgspec.Meta(tz=True, examples=["2030-01-01T00:00:00Z"])]


class Forward(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """By how many seconds, or to which time."""

    forward_seconds: Annotated[int, msgspec.Meta(ge=0, le=MOST_SECONDS, examples=[7_200])] = 0
    to: Moment | None = None


class ClockView(msgspec.Struct, frozen=True):
    """The bank's time."""

    now: datetime


class PaidBy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who pays."""

    payer: Annotated[str, msgspec.Meta(max_length=40, examples=["poor"])] = "paid"


class Paid(msgspec.Struct, frozen=True):
    """The attempts that were made, in their order, and the order as it is then."""

    attempts: list[PaymentView]
    order: Order


class PayerView(msgspec.Struct, frozen=True):
    """Somebody who pays: `mobile` and `account` (the last six digits) are for the bank's page."""

    name: str
    mobile: str
    account: str
    status: str
    reason: str
    order: str


class Payers(msgspec.Struct, frozen=True):
    """All of them."""

    data: list[PayerView]


class CodeView(msgspec.Struct, frozen=True):
    """What a payer shows at a till."""

    payment_code: str


class Message(msgspec.Struct, frozen=True):
    """What a phone or a mailbox has received; `code` is the six digits in it, or ""."""

    channel: str
    address: str
    text: str
    code: str
    at: datetime


class Messages(msgspec.Struct, frozen=True):
    """The newest first."""

    data: list[Message]


def _payer(name: str) -> Payer:
    if name not in BY_NAME:
        raise ProblemError(NOT_FOUND, f"There are these payers: {', '.join(BY_NAME)}.")
    return BY_NAME[name]


def _bank(state: State) -> TestBank:
    found: TestBank = state.test_bank
    return found


@post(
    "/test/clock",
    "forwardClock",
    "Move the bank's clock on; what time decides has happened when this is answered",
    scope=Scope.PAYMENTS_WRITE,
)
async def forward_clock(data: JSONBody[Forward], merchant: TheMerchant, state: State) -> ClockView:
    forwarding = _bank(state).forwarding
    try:
        if data.to is not None:
            await forwarding.forward_to(microseconds(data.to))
        return ClockView(moment(await forwarding.forward(data.forward_seconds)))
    except TooFar as error:
        raise ProblemError(PROBLEMS[TooFar], str(error)) from None


@get("/test/clock", "getClock", "The bank's time", scope=Scope.PAYMENTS_READ)
async def get_clock(merchant: TheMerchant, services: TheServices) -> ClockView:
    return ClockView(moment(services.clock.now()))


@post("/test/orders/{id:str}/pay", "payOrder", "Pay an order as one of the payers would", scope=Scope.PAYMENTS_WRITE)
async def pay_order(id: Id, data: JSONBody[PaidBy], merchant: TheMerchant, services: TheServices, state: State) -> Paid:
    try:
        attempts = await _bank(state).paying.pay(merchant, id, _payer(data.payer))
    except NotPayable as error:
        raise ProblemError(PROBLEMS[NotPayable], str(error)) from None
    return Paid(attempts, await services.orders.get(merchant, id))


@get("/test/payers", "listPayers", "Who pays, and what comes of it", scope=Scope.PAYMENTS_READ)
async def list_payers(merchant: TheMerchant, services: TheServices) -> Payers:
    numbers = await services.transactions.read(_accounts, services)
    views = [PayerView(p.name, p.mobile, numbers[p.name], p.status, p.reason, p.order) for p in PAYERS]
    return Payers(views)


def _accounts(connection: Connection, services: Services) -> dict[str, str]:
    """The last six digits of each payer's first account."""
    found = {}
    for payer in PAYERS:
        accounts = services.deposits.of(connection, payer.number)
        found[payer.name] = services.deposits.number(connection, accounts[0].id)[-6:] if accounts else ""
    return found


@post(
    "/test/payers/{name:str}/code",
    "showCode",
    "The payment code that a payer shows at a till now",
    scope=Scope.PAYMENTS_WRITE,
)
async def show_code(name: FromPath[str], merchant: TheMerchant, services: TheServices, state: State) -> CodeView:
    code = _bank(state).paying.codes.of(_payer(name))
    await services.ledger.durable(services.ledger.position)
    return CodeView(code)


@get(
    "/test/messages",
    "listMessages",
    "What was sent to phones and mailboxes, the newest first",
    scope=Scope.PAYMENTS_READ,
)
async def list_messages(merchant: TheMerchant, services: TheServices, payer: FromQuery[str | None] = None) -> Messages:
    who = customer(_payer(payer).number) if payer is not None else None
    found = await services.notify.inbox(MESSAGES, who)
    return Messages([Message(m.channel.value, m.address, m.text, _digits(m.text), moment(m.at)) for m in found])


def _digits(text: str) -> str:
    found = _DIGITS.search(text)
    return found[0] if found else ""


OPERATIONS = grouped(
    "Test bank",
    "Of a test bank alone.",
    forward_clock,
    get_clock,
    pay_order,
    list_payers,
    show_code,
    list_messages,
)


def application(services: Services, test_bank: TestBank, around: Any) -> Any:
    """These operations; `around` is the middleware that says who asks (`Callers.around`)."""
    state = State({"services": services, "test_bank": test_bank})
    return litestar(OPERATIONS, middleware=[around], state=state)
