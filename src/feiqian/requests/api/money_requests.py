"""Requests for money under /v1/me."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from litestar.params import FromQuery, JSONBody

from feiqian.auth.api.refused import CHALLENGE_NOT_PASSED, FACTOR_NOT_USABLE
from feiqian.auth.api.render import shown as challenge_shown
from feiqian.auth.api.shapes import ChallengeShown
from feiqian.clock import moment
from feiqian.requests.api.refused import CANNOT_RECEIVE, REQUEST_OVER
from feiqian.requests.api.shapes import (
    BlockedList,
    BlockedShown,
    PayingConfirmed,
    PayingWanted,
    RequestList,
    RequestShown,
    RequestWanted,
    shown,
)
from feiqian.requests.paying import Paying
from feiqian.runtime.paging import Ask
from feiqian.strings.patterns import matching
from feiqian.transfers.api import CareShown, care_shown
from feiqian.web.v1 import problems
from feiqian.web.v1.operations import Id, TheServices, TheSession, TheVisitor, get, grouped, post

PATH = "/v1/me/money-requests"
ONE = PATH + "/{id:str}"
Limit = FromQuery[Annotated[int, msgspec.Meta(ge=1, le=100)]]
Cursor = FromQuery[Annotated[str, matching("[a-z0-9_]{1,40}")] | None]
_MISSING = problems.NOT_FOUND


@post(
    PATH,
    "createMoneyRequest",
    "Ask somebody for money",
    who="customer",
    description="Sent again with the same `number` and content it gives the first answer. Whether anybody is known by "
    "what you give is not told. So many requests may be made in a day, and to one person.",
    problems=(problems.NOT_FOUND, problems.ID_REUSED, CANNOT_RECEIVE),
)
async def create_money_request(
    data: JSONBody[RequestWanted], session: TheSession, services: TheServices
) -> RequestShown:
    customer = session.subject.customer
    return shown(await services.money_requests.ask(customer, data.wish()), customer)


@get(PATH, "listMoneyRequests", "Requests that you have made, or that came to you, newest first", who="customer")
async def list_money_requests(
    session: TheSession,
    services: TheServices,
    side: FromQuery[Literal["made", "received"]] = "received",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> RequestList:
    customer, requests = session.subject.customer, services.money_requests
    of = requests.made_by if side == "made" else requests.sent_to
    page = await of(customer, Ask(before=cursor or ""), limit)
    return RequestList([shown(one, customer) for one in page.items], page.older or None)


@get(ONE, "getMoneyRequest", "A request for money", who="customer", problems=(_MISSING,))
async def get_money_request(id: Id, session: TheSession, services: TheServices) -> RequestShown:
    customer = session.subject.customer
    return shown(await services.money_requests.get(customer, id), customer)


@post(
    ONE + "/warnings",
    "getRequestWarnings",
    "What is unusual of paying a request; to be shown before it is confirmed",
    who="customer",
    problems=(_MISSING, REQUEST_OVER),
)
async def get_request_warnings(
    id: Id, data: JSONBody[PayingWanted], session: TheSession, services: TheServices
) -> CareShown:
    return care_shown(await services.paying_requests.care(session.subject.customer, Paying(id, data.source)))


@post(
    ONE + "/challenge",
    "beginPayingRequest",
    "Begin to pay a request; the challenge's `text` is what is confirmed",
    who="customer",
    problems=(_MISSING, REQUEST_OVER, FACTOR_NOT_USABLE),
)
async def begin_paying_request(
    id: Id, data: JSONBody[PayingWanted], session: TheSession, visitor: TheVisitor, services: TheServices
) -> ChallengeShown:
    paying = Paying(id, data.source)
    begun = services.paying_requests.begin(session.subject, paying, visitor.language, session.device)
    return challenge_shown(await begun)


@post(
    ONE + "/pay",
    "payRequest",
    "Pay a request, with the challenge that was passed for it",
    who="customer",
    description="The money goes at once, or is held (`held`) as `getRequestWarnings` has told, or the request stays "
    "open: `getPersonTransfer` tells why by its reason. A request is paid at most once.",
    problems=(_MISSING, REQUEST_OVER, problems.ID_REUSED, problems.CHALLENGE_OVER, CHALLENGE_NOT_PASSED),
)
async def pay_request(
    id: Id, data: JSONBody[PayingConfirmed], session: TheSession, services: TheServices
) -> RequestShown:
    customer = session.subject.customer
    fact = await services.paying_requests.pay(session.subject, Paying(id, data.source), data.challenge)
    found = shown(await services.money_requests.get(customer, id), customer)
    return msgspec.structs.replace(found, transfer=fact.id)


@post(ONE + "/decline", "declineRequest", "Decline a request", who="customer", problems=(_MISSING, REQUEST_OVER))
async def decline_request(id: Id, session: TheSession, services: TheServices) -> RequestShown:
    customer = session.subject.customer
    return shown(await services.money_requests.decline(customer, id), customer)


@post(ONE + "/withdraw", "withdrawRequest", "Ask no more", who="customer", problems=(_MISSING, REQUEST_OVER))
async def withdraw_request(id: Id, session: TheSession, services: TheServices) -> RequestShown:
    customer = session.subject.customer
    return shown(await services.money_requests.withdraw(customer, id), customer)


@post(
    ONE + "/remind",
    "remindOfRequest",
    "Remind of a request, once a day at most",
    who="customer",
    problems=(_MISSING, REQUEST_OVER),
)
async def remind_of_request(id: Id, session: TheSession, services: TheServices) -> RequestShown:
    customer = session.subject.customer
    return shown(await services.money_requests.remind(customer, id), customer)


@post(
    ONE + "/block",
    "blockAsker",
    "Be asked no more by who has made this request",
    who="customer",
    description="What waits of theirs is declined. They are not told.",
    problems=(_MISSING,),
)
async def block_asker(id: Id, session: TheSession, services: TheServices) -> BlockedList:
    await services.request_blocking.block(session.subject.customer, id)
    return await _blocked(session, services)


@post(ONE + "/unblock", "unblockAsker", "Let who has made this request ask again", who="customer")
async def unblock_asker(id: Id, session: TheSession, services: TheServices) -> BlockedList:
    await services.request_blocking.unblock(session.subject.customer, id)
    return await _blocked(session, services)


@get("/v1/me/blocked-askers", "listBlockedAskers", "Who may not ask you for money", who="customer")
async def list_blocked_askers(session: TheSession, services: TheServices) -> BlockedList:
    return await _blocked(session, services)


@post(
    ONE + "/report",
    "reportRequest",
    "Report what somebody has written in a request",
    who="customer",
    problems=(_MISSING, problems.CONFLICT),
)
async def report_request(id: Id, session: TheSession, services: TheServices) -> RequestShown:
    customer = session.subject.customer
    await services.request_blocking.report(customer, id)
    return shown(await services.money_requests.get(customer, id), customer)


async def _blocked(session: TheSession, services: TheServices) -> BlockedList:
    found = await services.request_blocking.blocked(session.subject.customer)
    return BlockedList([BlockedShown(one.request, one.name, moment(one.at)) for one in found])


OPERATIONS = grouped(
    "Requests for money",
    "From one customer to another: paid with a transfer, declined, or ended after 14 days.",
    create_money_request,
    list_money_requests,
    get_money_request,
    get_request_warnings,
    begin_paying_request,
    pay_request,
    decline_request,
    withdraw_request,
    remind_of_request,
    block_asker,
    unblock_asker,
    list_blocked_askers,
    report_request,
)
