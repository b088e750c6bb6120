"""For whom a page was made: the mark that every page carries, and the guard that compares it before a handler runs.

The tabs of a browser share one session. A page goes on showing one person after another has signed in beside it; what
it asks for then is refused, so that nothing is issued to, or done for, somebody whom it does not show. A mark names
nobody and opens nothing: it is a keyed hash, and may stand in an address.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import Any, Literal

from litestar.handlers import BaseRouteHandler

from feiqian.field_cipher import FieldCipher
from feiqian.policy.people import PEOPLE
from feiqian.subjects import Role

from .forms import FORM_BYTES, FORM_TYPES, MARK, MULTIPART, fields_of
from .kept import begun
from .session import Connection, found_already, has_looked, person_of

FIELD, HEADER = MARK, "Page-For"  # of a form or an address; of a script's request
UNDER_WAY: Literal["under_way"] = "under_way"  # what this browser has begun before anybody is signed in
Part = Role | Literal["under_way"]  # for whom a page was made: each kind of person, and what is under way
PARTS: tuple[Part, ...] = (*(kind.role for kind in PEOPLE), UNDER_WAY)  # of a mark, in this order
ACTS_FOR = "acts_for"  # a handler's option: whom it acts for, as parts; without it, the customer
ANYBODY: tuple[Part, ...] = ()  # for nobody who is signed in: what it does and for whom is all in the request
FOR_ANYBODY = {ACTS_FOR: ANYBODY}
ASKED_BY_A_PAGE = "asked_by_a_page"  # a handler's option: it only reads, but for the person whom its page shows
NOBODY, NOT_LOOKED = "-", ""


class PageOfAnother(Exception):
    """The page that asks was made for somebody else than who is signed in now, or does not say for whom."""


def mark_of(connection: Connection) -> str:
    """The mark of a page that is made now: who of each kind is signed in, and what is under way in the browser.

    A part is empty if nobody has looked who it is: such a page can ask for nothing that is somebody's.
    """
    return ".".join(_part(connection, part) for part in PARTS)


async def for_whom_it_shows(connection: Connection, handler: BaseRouteHandler) -> None:
    """Litestar's guard of all page routes, which raises PageOfAnother.

    It compares the parts that the route acts for. Where nobody is signed in there is nobody to act for: handlers that
    need somebody say so.
    """
    opt = handler.opt
    if connection.scope.get("method") in ("GET", "HEAD") and not opt.get(ASKED_BY_A_PAGE):
        return
    shown: list[str] | None = None
    for part in opt.get(ACTS_FOR, (Role.CUSTOMER,)):
        if part != UNDER_WAY:
            await person_of(connection, part)
        now = _part(connection, part)
        if now == NOBODY:
            continue
        if shown is None:
            shown = (await _shown(connection, handler)).split(".")
        if len(shown) != len(PARTS) or shown[PARTS.index(part)] != now:
            raise PageOfAnother


def _part(connection: Connection, part: Part) -> str:
    if part == UNDER_WAY:
        return _hash(connection, begun(connection))
    if not has_looked(connection, part):
        return NOT_LOOKED
    person = found_already(connection, part)
    return _hash(connection, str(person.subject) if person else "")


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
