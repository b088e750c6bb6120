"""What all pages of the console share: who is at work, what they may go to, and how a page of it is made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

from litestar import Request, Response
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.response import Redirect

from feiqian.backoffice.model import SignedIn, StaffMember, StaffRole
from feiqian.backoffice.staff_queues import StaffQueue
from feiqian.runtime.paging import FIRST, Ask
from feiqian.subjects import Role, Subject, staff
from feiqian.web.forms import Form
from feiqian.web.problems import for_people, site_for
from feiqian.web.session import SignInFirst, address_of
from feiqian.web.site import Site, TheSite

from .details import Said
from .who import staff_found
from .words import level_name

Page = Response[Any] | Redirect

Asked = Request[Any, Any, State]
Q = TypeVar("Q", bound=StaffQueue)
MENU = "console_menu"  # an option of all handlers of the console


class MenuItem(NamedTuple):
    """A way in the console's navigation, with the text `staff.nav.<name>`, for whoever has any one of the roles."""

    order: int
    name: str
    address: str
    icon: str
    roles: frozenset[StaffRole]


class Console:
    """The console for one request of a member of staff."""

    def __init__(self, site: Site, who: SignedIn, menu: Sequence[MenuItem], said: str = "", ask: Ask = FIRST) -> None:
        """`ask` is which page of a list this request is for."""
        self.site, self.who, self.back_office, self.ask = site, who, site.services.back_office, ask
        self._menu = menu
        key = f"staff.said.{said}"
        self._said = key if key in site.render.texts.catalogue else ""

    @property
    def me(self) -> StaffMember:
        return self.who.member

    def queue(self, queue: type[Q]) -> Q:
        """What works on a queue."""
        return self.back_office.queues.get(queue)

    def menu(self) -> list[MenuItem]:
        """Where the member may go, in order."""
        found = self.back_office.queues.of(self.me)
        queues = [MenuItem(one.order, one.name, one.address, one.icon, frozenset(one.roles)) for one in found]
        return sorted([*queues, *(place for place in self._menu if self.me.has(*place.roles))])

    async def said(self) -> Said:
        """What says entries of the audit log in the member's language."""
        logins, menu = await self.back_office.staff.logins(), {place.address for place in self.menu()}
        return Said(self.site.render, self.back_office.changes.kinds, logins, self.levels(), menu)

    def levels(self) -> dict[int, str]:
        """What each level of the policy is called, by its number."""
        levels = self.site.services.policy.levels
        return {level.number: level_name(self.site.render, level.name) for level in levels}

    def text(self, key: str, **values: object) -> str:
        return self.site.render.texts(key, **values)

    async def page(self, template: str, active: str, form: Form | None = None, **values: object) -> Response[str]:
        """A page of the console; with a form that is not good, its status says so.

        `template` is one of backoffice, or `feature/name.html`; `active` is where in the navigation it stands.
        """
        logins, form = await self.back_office.staff.logins(), form or Form()
        return self.known(template, active, form.status, logins, form=form, **values)

    def known(self, template: str, active: str, status: int, logins: dict[int, str], **values: object) -> Response[str]:
        """As `page`, where nothing is left to ask for."""
        html = self.site.render(
            template if "/" in template else f"backoffice/{template}",
            texts={},
            here=self.site.here,
            framed=self.site.framed,
            page_for=self.site.page_for,
            me=self.me,
            menu=self.menu(),
            active=active,
            said=self._said,
            zone=self.site.render.formats.zone(self.site.services.clock.now()),
            who=lambda subject: self.name_of(subject, logins),
            login=lambda number: self.name_of(staff(number), logins),
            **values,
        )
        return Response(html, status_code=status, media_type="text/html")

    def name_of(self, subject: Subject, logins: dict[int, str]) -> str:
        """Who did something, as pages say it."""
        if subject.role is Role.STAFF:
            known = logins.get(subject.number) if subject.number else self.text("staff.who.operator")
            return known or self.text("staff.who.member", number=subject.number)
        return self.text(f"staff.who.{subject.role}", number=subject.number)


TheConsole = NamedDependency[Console]


async def provide_console(site: TheSite, request: Request[Any, Any, State]) -> Console:
    """The dependency `console`, behind the guard that lets in staff only."""
    who = staff_found(request)
    if who is None:
        raise SignInFirst(address_of(request), Role.STAFF)
    asked = request.query_params
    ask = Ask(asked.get("before", ""), asked.get("after", ""))
    return Console(site, who, request.route_handler.opt[MENU], asked.get("said", ""), ask)


def go(address: str, said: str = "") -> Redirect:
    """To another page after something was done."""
    return Redirect(f"{address}?said={said}" if said else address, status_code=303)


def not_there(request: Asked, _: Exception) -> Response[Any]:
    """Answers an error that says that there is no such thing."""
    return problem(request, 404, "not_there")


def problem(request: Asked, status: int, problem: str, needed: Sequence[str] = ()) -> Response[Any]:
    """A page for people, JSON for scripts; with the security headers, which Litestar leaves out of errors.

    Whoever is at work keeps the console around it; `needed` are the roles of which any one would do.
    """
    site, who, headers = site_for(request), staff_found(request), request.app.state.headers
    title = site.render.texts(f"staff.problem.{problem}")
    if not for_people(request):
        return Response({"problem": title}, status_code=status, headers=headers)
    text = site.render.texts(f"staff.problem.{problem}.text")
    if who is None:
        page = site.page("backoffice/problem.html", title=title, text=text)
    else:
        console = Console(site, who, request.route_handler.opt.get(MENU, ()))
        page = console.known("refused.html", "", status, {}, form=Form(), title=title, text=text, needed=needed)
    return Response(page.content, status_code=status, media_type=page.media_type, headers=headers)
