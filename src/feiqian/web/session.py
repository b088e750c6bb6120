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
from feiqian.ids import CustomerNumber
from feiqian.policy.people import BY_ROLE
from feiqian.services import Services
from feiqian.subjects import Role, Subject

Connection = ASGIConnection[Any, Any, Any, Any]
AFTER_SIGN_IN = "/wallet"
LONGEST_PATH = 512
_OWN_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]*")  # ASCII that is seen, but no backslash, which browsers read as a slash
BY_ITSELF = "by_itself"
_PEOPLE = "feiqian.people"  # of a request: who was looked up already, by role


class Person(Protocol):
    """Somebody who is signed in."""

    @property
    def subject(self) -> Subject: ...

    @property
    def session(self) -> Session: ...


class Customer(NamedTuple):
    """A customer who is signed in, by this session."""

    number: CustomerNumber
    session: Session

    @property
    def subject(self) -> Subject:
        return self.session.subject


class SignInFirst(Exception):
    """Nobody of this kind is signed in. People are led to where they sign in, and then to `path`; scripts get 401."""

    def __init__(self, path: str, role: Role = Role.CUSTOMER) -> None:
        super().__init__(f"no {role} is signed in")
        self.path, self.role = path, role

    @property
    def address(self) -> str:
        kind = BY_ROLE[self.role]
        next = own_path(self.path) if self.role is Role.CUSTOMER else path_within(kind.home, self.path)
        return f"{kind.sign_in}?next={quote(next)}"


async def person_of(connection: Connection, role: Role) -> Person | None:
    """Whoever's session the cookie of this kind of people names; looked up once in a request."""
    looked = _looked(connection)
    if role not in looked:
        looked[role] = await find(connection, role, used=not connection.route_handler.opt.get(BY_ITSELF))
    return looked[role]


async def customer_of(connection: Connection) -> Customer | None:
    """The customer who is signed in."""
    found = await person_of(connection, Role.CUSTOMER)
    return found if isinstance(found, Customer) else None


def found_already(connection: Connection, role: Role) -> Person | None:
    """As `person_of`, but without asking: None if nobody has asked in this request."""
    return _looked(connection).get(role)


def has_looked(connection: Connection, role: Role) -> bool:
    """Whether `person_of` was asked in this request."""
    return role in _looked(connection)


def _looked(connection: Connection) -> dict[Role, Person | None]:
    looked: dict[Role, Person | None] = connection.scope["state"].setdefault(_PEOPLE, {})
    return looked


async def still_signed_in(connection: Connection) -> bool:
    """Whether the customer's session of this request lives still: for answers that take long, such as streams."""
    return await find(connection, Role.CUSTOMER, used=False) is not None


async def find(connection: Connection, role: Role, *, used: bool) -> Person | None:
    """Asks anew. What a page asks by itself (`BY_ITSELF` among the handler's options) does not keep a session from
    going idle: it is not `used`."""
    site = connection.app.state.site
    services: Services = site.services
    token = connection.cookies.get(site.cookies.of[role].session)
    if not token:
        return None
    if role is not Role.CUSTOMER:
        return await services.at_work[role].of_session(token, used=used)
    session = await services.sessions.find(token, used=used)
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
