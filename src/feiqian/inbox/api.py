"""A customer's notices under /v1, and what they want to have sent."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec
from litestar.params import FromQuery, JSONBody

from feiqian.clock import moment
from feiqian.errors import FeiqianError
from feiqian.ids import NOTICE
from feiqian.inbox.errors import NoticeNotFound, WishesInvalid
from feiqian.inbox.model import Group, Notice, Wish
from feiqian.notify.quiet import Quiet, minutes_of, time_text
from feiqian.notify.render import bare_words, page_about
from feiqian.notify.values import PlainFormatting, formatted
from feiqian.runtime.paging import Ask
from feiqian.strings.patterns import matching
from feiqian.web.v1 import problems
from feiqian.web.v1.operations import Id, TheServices, TheSession, get, grouped, post
from feiqian.web.v1.problems import INVALID, NOT_FOUND, FieldError, Kind, ProblemError, Told

PROBLEMS: dict[type[FeiqianError], Kind] = {WishesInvalid: INVALID, NoticeNotFound: NOT_FOUND}


def _field(problem: ProblemError, error: WishesInvalid) -> None:
    field = {"quiet": "quiet.until"}.get(error.reason, "unsent")
    problem.errors = (FieldError(field, error.reason),)


TOLD: dict[type[FeiqianError], Told] = {WishesInvalid: _field}

_ID = f"{NOTICE}[0-9a-f]{{32}}"
NoticeId = Annotated[str, matching(_ID, examples=["ntc_01a21ac8d8a073fb8e8d69f236941c11"])]
Time = Annotated[str, matching("([01][0-9]|2[0-3]):[0-5][0-9]", description="Of the bank's day.", examples=["22:00"])]
Groups = Annotated[
    list[Literal["people", "services"]],
    msgspec.Meta(max_length=len(Group), description="None: all is sent.", examples=[[]]),
]


class NoticeShown(msgspec.Struct, frozen=True):
    """One notice, in the customer's language. `path`: of the bank's page where it is acted on."""

    id: str
    kind: str
    subject: str
    text: str
    path: str
    at: datetime
    read: bool


class NoticeList(msgspec.Struct, frozen=True):
    """The newest first. `next` is the cursor of the next page, null at the end; `unread` counts all."""

    data: list[NoticeShown]
    unread: int
    next: str | None


class ReadUpTo(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The newest notice that was seen."""

    newest: NoticeId


class Unread(msgspec.Struct, frozen=True):
    """How many are left."""

    unread: int


class QuietHoursOfNotices(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """From when until when only what is urgent is sent; over midnight, where `until` is the earlier."""

    since: Time
    until: Annotated[Time, msgspec.Meta(examples=["07:00"])]


class NoticeSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is sent. Codes, confirmations and what concerns the customer's safety are sent always, at once."""

    unsent: Groups
    quiet: QuietHoursOfNotices | None = None


@get("/v1/me/notices", "listNotices", "What the bank has told, newest first", who="customer")
async def list_notices(
    session: TheSession, services: TheServices, cursor: FromQuery[NoticeId | None] = None
) -> NoticeList:
    number = session.subject.customer
    page = await services.inbox.page(number, Ask(before=cursor or ""))
    return NoticeList(
        [_shown(notice, services, session) for notice in page.items],
        await services.inbox.unread(number),
        page.older or None,
    )


@post("/v1/me/notices/read", "readNotices", "All up to a notice have been read", who="customer")
async def read_notices(data: JSONBody[ReadUpTo], session: TheSession, services: TheServices) -> Unread:
    await services.inbox.read_up_to(session.subject.customer, data.newest)
    return Unread(await services.inbox.unread(session.subject.customer))


@post(
    "/v1/me/notices/{id:str}/read",
    "readNotice",
    "A notice has been read",
    who="customer",
    problems=(problems.NOT_FOUND,),
)
async def read_notice(id: Id, session: TheSession, services: TheServices) -> NoticeShown:
    return _shown(await services.inbox.read(session.subject.customer, id), services, session)


@get("/v1/me/notice-settings", "getNoticeSettings", "What is sent, and when not", who="customer")
async def get_settings(session: TheSession, services: TheServices) -> NoticeSettings:
    return _settings(await services.wishes.of(session.subject.customer))


@post("/v1/me/notice-settings", "chooseNoticeSettings", "Choose what is sent, and when not", who="customer")
async def choose_settings(data: JSONBody[NoticeSettings], session: TheSession, services: TheServices) -> NoticeSettings:
    quiet = Quiet(minutes_of(data.quiet.since), minutes_of(data.quiet.until)) if data.quiet else None
    wish = Wish(quiet, tuple(Group(name) for name in data.unsent))
    return _settings(await services.wishes.put(session.subject.customer, wish))


def _shown(notice: Notice, services: TheServices, session: TheSession) -> NoticeShown:
    language = session.language or "en"
    values = formatted(notice.values, language, PlainFormatting(language, ZoneInfo(services.settings.zone)))
    words = bare_words(notice.kind, language, values)
    path = notice.path or page_about(notice.kind, values)
    at, read = moment(notice.at), not notice.is_new
    return NoticeShown(notice.id, notice.kind, words.subject, words.text, path, at, read)


def _settings(wish: Wish) -> NoticeSettings:
    quiet = wish.quiet and QuietHoursOfNotices(since=time_text(wish.quiet.since), until=time_text(wish.quiet.until))
    return NoticeSettings(unsent=[group.value for group in wish.unsent], quiet=quiet)


OPERATIONS = grouped(
    "Notices",
    "What the bank tells a customer is kept in an inbox; what of it is sent, and when, is theirs to choose.",
    list_notices,
    read_notices,
    read_notice,
    get_settings,
    choose_settings,
)
