"""Splits of bills under /v1/me."""

from __future__ import annotations

from litestar.params import JSONBody

from feiqian.requests.api.money_requests import Cursor, Limit
from feiqian.requests.api.refused import CANNOT_RECEIVE, REQUEST_OVER
from feiqian.requests.api.shapes import SplitList, SplitShown, SplitWanted, split_shown
from feiqian.runtime.paging import Ask
from feiqian.web.v1 import problems
from feiqian.web.v1.operations import Id, TheServices, TheSession, get, grouped, post

PATH = "/v1/me/splits"


@post(
    PATH,
    "createSplit",
    "Split a bill that you have paid, and ask the others for their parts",
    who="customer",
    description="The parts sum to the total: what an equal division leaves is paid by who is named for it. Each part "
    "is a request. Sent again with the same `number` and content it gives the first answer.",
    problems=(problems.NOT_FOUND, problems.ID_REUSED, CANNOT_RECEIVE),
)
async def create_split(data: JSONBody[SplitWanted], session: TheSession, services: TheServices) -> SplitShown:
    return split_shown(await services.splits.make(session.subject.customer, data.bill()))


@get(PATH, "listSplits", "Bills that you have split, newest first", who="customer")
async def list_splits(
    session: TheSession, services: TheServices, limit: Limit = 50, cursor: Cursor = None
) -> SplitList:
    page = await services.splits.of(session.subject.customer, Ask(before=cursor or ""), limit)
    return SplitList([split_shown(one) for one in page.items], page.older or None)


@get(PATH + "/{id:str}", "getSplit", "A bill that you have split", who="customer", problems=(problems.NOT_FOUND,))
async def get_split(id: Id, session: TheSession, services: TheServices) -> SplitShown:
    return split_shown(await services.splits.get(session.subject.customer, id))


@post(
    PATH + "/{id:str}/remind",
    "remindOfSplit",
    "Remind those who have not answered, each once a day at most",
    who="customer",
    problems=(problems.NOT_FOUND, REQUEST_OVER),
)
async def remind_of_split(id: Id, session: TheSession, services: TheServices) -> SplitShown:
    return split_shown(await services.splits.remind(session.subject.customer, id))


OPERATIONS = grouped(
    "Splits of bills",
    "Who pays which part of a bill, and who has paid.",
    create_split,
    list_splits,
    get_split,
    remind_of_split,
)
