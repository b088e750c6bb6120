"""Who is looking at a page: the session behind the cookie, and the way to the sign-in page for whoever has none.

A handler that asks for `signed_in: TheCustomer` is never reached without one; `visitor: TheVisitor` may be None.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote

from litestar.connection import ASGIConnection, Request
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import SkipValidation

from feiqian.auth.sessions.model import Session
from feiqian.backoffice.model import SignedIn
from feiqian.ids import CustomerNumber
from feiqian.merchant_users.model import Member
from feiqian.services import Services
from feiqian.subjects import Role, Subject

Connection = ASGIConnection[Any, Any, Any, Any]
AFTER_SIGN_IN = "/wallet"
LONGEST_PATH = 512
_OWN_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]*")  # ASCII that is seen, but no backslash, which browsers read as a slash
BY_ITSELF = "by_itself"
_KEY = "feiqian.customer"
_STAFF_KEY, _USER_KEY = "feiqian.staff", "feiqian.user"


class Customer(NamedTuple):
    """A customer who is signed in, by this session."""

    number: CustomerNumber
    session: Session

    @property
    def subject(self) -> Subject:
        return self.session.subject


class SignInFirst(Exception):
    """Nobody is signed in. People are led to the sign-in page and then to `path`; scripts are told 401."""

    def __init__(self, path: str) -> None:
        super().__init__("nobody is signed in")
        self.path = path

    @property
    def address(self) -> str:
        return f"/sign-in?next={quote(own_path(self.path))}"


async def customer_of(connection: Connection) -> Customer | None:
    """Whoever's session the cookie names; looked up once in a request."""
    kept = connection.scope["state"]
    if _KEY not in kept:
        kept[_KEY] = await _find(connection)
    found: Customer | None = kept[_KEY]
    return found


def found_already(connection: Connection) -> Customer | None:
    """As `customer_of`, but without asking: None if nobody has asked in this request."""
    found: Customer | None = connection.scope["state"].get(_KEY)
    return found


def has_looked(connection: Connection) -> bool:
    """Whether `customer_of` was asked in this request."""
    return _KEY in connection.scope["state"]


async def staff_of(connection: Connection) -> SignedIn | None:
    """Whoever's session the staff cookie names; looked up once in a request."""
    site = connection.app.state.site
    await _look(connection, _STAFF_KEY, site.cookies.staff, site.services.staff)
    return staff_found(connection)


async def member_of(connection: Connection) -> Member | None:
    """Which of a merchant's people the merchants' cookie names; looked up once in a request."""
    site = connection.app.state.site
    await _look(connection, _USER_KEY, site.cookies.user, site.services.merchant_users)
    return member_found(connection)


class _Finds(Protocol):
    async def of_session(self, token: str) -> object: ...


async def _look(connection: Connection, key: str, cookie: str, service: _Finds) -> None:
    kept = connection.scope["state"]
    if key not in kept:
        token = connection.cookies.get(cookie)
        kept[key] = await service.of_session(token) if token else None


def member_found(connection: Connection) -> Member | None:
    """As `member_of`, but without asking."""
    found: Member | None = connection.scope["state"].get(_USER_KEY)
    return found


def member_looked(connection: Connection) -> bool:
    """Whether `member_of` was asked in this request."""
    return _USER_KEY in connection.scope["state"]


def staff_found(connection: Connection) -> SignedIn | None:
    """As `staff_of`, but without asking."""
    found: SignedIn | None = connection.scope["state"].get(_STAFF_KEY)
    return found


def staff_looked(connection: Connection) -> bool:
    """Whether `staff_of` was asked in this request."""
    return _STAFF_KEY in connection.scope["state"]


async def still_signed_in(connection: Connection) -> bool:
    """Whether the session of this request lives still: for answers that take long, such as streams."""
    return await _find(connection, used=False) is not None


async def _find(connection: Connection, *, used: bool | None = None) -> Customer | None:
    """What a page asks by itself (`BY_ITSELF` among the handler's options) does not keep a session from going idle."""
    site = connection.app.state.site
    token = connection.cookies.get(site.cookies.session)
    if used is None:
        used = not connection.route_handler.opt.get(BY_ITSELF)
    services: Services = site.services
    if not token:
        return None
    if used:
        session = await services.sessions.find(token)
    else:
        session = await services.transactions.read(services.sessions.find_in, token, services.clock.now())
    if session is None or session.subject.role is not Role.CUSTOMER:
        return None
    return Customer(session.subject.customer, session)


async def customers_only(connection: Connection, _: BaseRouteHandler) -> None:
    """Litestar's guard for what only customers may see. Raises SignInFirst."""
    if await customer_of(connection) is None:
        raise SignInFirst(address_of(connection))


# Each asks for `site`, used or not: what does not hang on each other the framework provides in tasks of their own.


async def provide_customer(request: Request[Any, Any, State], site: SkipValidation[NamedDependency[Any]]) -> Customer:
    """The dependency `signed_in`. Raises SignInFirst."""
    customer = await customer_of(request)
    if customer is None:
        raise SignInFirst(address_of(request))
    return customer


async def provide_visitor(
    request: Request[Any, Any, State], site: SkipValidation[NamedDependency[Any]]
) -> Customer | None:
    """The dependency `visitor`: a customer, or somebody who is not signed in."""
    return await customer_of(request)


TheCustomer = NamedDependency[Customer]
TheVisitor = NamedDependency[Customer | None]


def address_of(connection: Connection) -> str:
    """Where to lead back to: this page's path and query, if it is one that can be asked for again. The answer to a form
    leads to the form, where that has the same path."""
    query = connection.url.query
    if connection.scope.get("method") not in ("GET", "HEAD"):
        asked = connection.scope.get("path_template") in connection.app.state.get("asked", ())
        return connection.url.path if asked else AFTER_SIGN_IN
    return connection.url.path + (f"?{query}" if query else "")


def path_within(home: str, text: str) -> str:
    """A path at or below `home`, safe to redirect to; `home` for anything else."""
    path = own_path(text)
    return path if path == home or path.startswith((f"{home}/", f"{home}?")) else home


def own_path(text: str) -> str:
    """A path of this site, safe to redirect to; the wallet's for anything else."""
    return text if len(text) <= LONGEST_PATH and _OWN_PATH.fullmatch(text) else AFTER_SIGN_IN
