"""For whom a page was made: the mark that every page carries, and the guard that compares it before a handler runs.

The tabs of a browser share one session. A page goes on showing one person after another has signed in beside it; what
it asks for then is refused, so that nothing is issued to, or done for, somebody whom it does not show. A mark names
nobody and opens nothing: it is a keyed hash, and may stand in an address.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import Any

from litestar.handlers import BaseRouteHandler

from feiqian.field_cipher import FieldCipher

from .forms import FORM_BYTES, FORM_TYPES, MARK, MULTIPART, fields_of
from .kept import begun
from .session import (
    Connection,
    customer_of,
    found_already,
    has_looked,
    member_found,
    member_looked,
    member_of,
    staff_found,
    staff_looked,
    staff_of,
)

FIELD, HEADER = MARK, "Page-For"  # of a form or an address; of a script's request
CUSTOMER, STAFF, UNDER_WAY, USER = range(4)  # the parts of a mark
ACTS_FOR = "acts_for"  # a handler's option: whom it acts for, as parts; without it, the customer
ANYBODY: tuple[int, ...] = ()  # for nobody who is signed in: what it does and for whom is all in the request
FOR_ANYBODY = {ACTS_FOR: ANYBODY}
ASKED_BY_A_PAGE = "asked_by_a_page"  # a handler's option: it only reads, but for the person whom its page shows
NOBODY, NOT_LOOKED = "-", ""


class PageOfAnother(Exception):
    """The page that asks was made for somebody else than who is signed in now, or does not say for whom."""


def mark_of(connection: Connection) -> str:
    """The mark of a page that is made now: its customer, its member of staff, what is under way in the browser, and its
    member of a merchant.

    A part is empty if nobody has looked who it is: such a page can ask for nothing that is somebody's.
    """
    customer, staff, member = found_already(connection), staff_found(connection), member_found(connection)
    parts = (
        _hash(connection, str(customer.subject) if customer else "") if has_looked(connection) else NOT_LOOKED,
        _hash(connection, f"staff:{staff.member.number}" if staff else "") if staff_looked(connection) else NOT_LOOKED,
        _hash(connection, begun(connection)),
        _hash(connection, str(member.subject) if member else "") if member_looked(connection) else NOT_LOOKED,
    )
    return ".".join(parts)


async def for_whom_it_shows(connection: Connection, handler: BaseRouteHandler) -> None:
    """Litestar's guard of all page routes, which raises PageOfAnother.

    It compares the parts that the route acts for. Where nobody is signed in there is nobody to act for: handlers that
    need somebody say so.
    """
    opt = handler.opt
    if connection.scope.get("method") in ("GET", "HEAD") and not opt.get(ASKED_BY_A_PAGE):
        return
    shown: list[str] | None = None
    for part in opt.get(ACTS_FOR, (CUSTOMER,)):
        now = await _now(connection, part)
        if now == NOBODY:
            continue
        if shown is None:
            shown = (await _shown(connection, handler)).split(".")
        if len(shown) != 4 or shown[part] != now:
            raise PageOfAnother


async def _now(connection: Connection, part: int) -> str:
    if part == CUSTOMER:
        customer = await customer_of(connection)
        return _hash(connection, str(customer.subject) if customer else "")
    if part == STAFF:
        staff = await staff_of(connection)
        return _hash(connection, f"staff:{staff.member.number}" if staff else "")
    if part == USER:
        member = await member_of(connection)
        return _hash(connection, str(member.subject) if member else "")
    return _hash(connection, begun(connection))


async def _shown(connection: Any, handler: Any) -> str:
    """The mark that came with a request: in its head, its address, or its form if that is a small one."""
    mark: str | None = connection.headers.get(HEADER) or connection.query_params.get(FIELD)
    if mark:
        return mark
    media_type = connection.content_type[0]
    large = (handler.resolve_request_max_body_size() or 0) > FORM_BYTES  # goes to the disk, and is not read here
    if media_type not in FORM_TYPES or (large and media_type == MULTIPART):
        return ""
    return (await fields_of(connection)).get(FIELD, "")


def _hash(connection: Connection, what: str) -> str:
    if not what:
        return NOBODY
    cipher: FieldCipher = connection.app.state.site.services.cipher
    return urlsafe_b64encode(cipher.blind_index(what, "page")).decode().rstrip("=")
