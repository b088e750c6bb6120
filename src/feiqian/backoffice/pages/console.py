"""What all pages of the console share: who is at work, what they may go to, and how a page of it is made."""

from __future__ import annotations

from typing import Any, NamedTuple

from litestar import Request, Response
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.response import Redirect

from feiqian.backoffice.back_office import open_back_office
from feiqian.backoffice.model import SignedIn, StaffMember, StaffRole
from feiqian.subjects import Role, Subject, staff
from feiqian.web.forms import Form
from feiqian.web.session import staff_of
from feiqian.web.site import Site, TheSite

from .who import StaffSignInFirst

Page = Response[Any] | Redirect

_S, _R, _P, _U, _M = (
    StaffRole.SUPPORTER,
    StaffRole.REVIEWER,
    StaffRole.APPROVER,
    StaffRole.AUDITOR,
    StaffRole.ADMIN,
)
PLACES = (
    ("home", "/staff", "bank", (_S, _R, _P, _U, _M)),
    ("customers", "/staff/customers", "person", (_S,)),
    ("identity", "/staff/identity", "card", (_R,)),
    ("cases", "/staff/cases", "bell", (_S,)),
    ("changes", "/staff/changes", "split", (_S, _R, _P, _M)),
    ("accounts", "/staff/accounts", "people", (_M,)),
    ("trail", "/staff/trail", "receipt", (_U,)),
)
SAID = {
    "frozen": "staff.said.frozen",
    "proposed": "staff.said.proposed",
    "approved": "staff.said.approved",
    "refused": "staff.said.refused",
    "case": "staff.said.case",
    "noted": "staff.said.noted",
    "closed": "staff.said.closed",
    "decided": "staff.said.decided",
    "cleared": "staff.said.cleared",
    "suspended": "staff.said.suspended",
}


class Place(NamedTuple):
    """A way in the console's navigation."""

    name: str
    address: str
    icon: str


class Console:
    """The console for one request of a member of staff."""

    def __init__(self, site: Site, who: SignedIn, said: str) -> None:
        self.site, self.who, self._said = site, who, SAID.get(said, "")
        services = site.services
        self.back_office = open_back_office(services.staff, services.changes, services.support_view, services.real_name)

    @property
    def me(self) -> StaffMember:
        return self.who.member

    def text(self, key: str, **values: object) -> str:
        return self.site.render.texts(key, **values)

    async def page(self, template: str, active: str, form: Form | None = None, **values: object) -> Response[str]:
        """A page of the console; with a form that is not good, its status says so."""
        status = form.status if form else 200
        logins = await self.back_office.staff.logins()
        html = self.site.render(
            f"backoffice/{template}",
            texts={},
            here=self.site.here,
            framed=self.site.framed,
            page_for=self.site.page_for,
            me=self.me,
            places=[Place(*place[:3]) for place in PLACES if self.me.has(*place[3])],
            active=active,
            said=self._said,
            form=form or Form(),
            who=lambda subject: self.name_of(subject, logins),
            login=lambda number: self.name_of(staff(number), logins),
            **values,
        )
        return Response(html, status_code=status, media_type="text/html; charset=utf-8")

    def name_of(self, subject: Subject, logins: dict[int, str]) -> str:
        """Who did something, as pages say it."""
        if subject.role is Role.STAFF:
            return logins.get(subject.number, str(subject)) if subject.number else self.text("staff.who.operator")
        return self.text("staff.who.customer") if subject.role is Role.CUSTOMER else self.text("staff.who.nobody")


TheConsole = NamedDependency[Console]


async def provide_console(site: TheSite, request: Request[Any, Any, State]) -> Console:
    """The dependency `console`. Raises StaffSignInFirst."""
    who = await staff_of(request)
    if who is None:
        raise StaffSignInFirst(request.url.path)
    return Console(site, who, request.query_params.get("said", ""))


def go(address: str, said: str = "") -> Redirect:
    """To another page after something was done."""
    return Redirect(f"{address}?said={said}" if said else address, status_code=303)
