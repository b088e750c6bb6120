"""What all pages of the portal share: who is signed in, where they may go, and how a page of it is made.

A feature has pages here by `pages.MERCHANT_PAGES`: handlers below /merchants that ask for `portal: ThePortal` (and
`member: TheMember`, if that is all) and say what they need (`who.NEEDS`); `pages.MERCHANT_MENU` are ways to them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from litestar import Request, Response
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from litestar.response import Redirect

from feiqian.merchant_users.model import Member, Permission
from feiqian.runtime.paging import Ask
from feiqian.web.forms import Form
from feiqian.web.problems import for_people, site_for
from feiqian.web.site import Site, TheSite

from .who import member_found, the_member

Page = Response[Any] | Redirect
Asked = Request[Any, Any, State]
MENU = "portal_menu"  # an option of all handlers of the portal


class MenuItem(NamedTuple):
    """A way in the portal's navigation, with the text `portal.nav.<name>`; `needs` is None for what all may."""

    order: int
    name: str
    address: str
    icon: str
    needs: Permission | None = None


class Portal:
    """The portal for one request of one of a merchant's people."""

    def __init__(self, site: Site, member: Member, menu: Sequence[MenuItem], said: str = "", ask: Ask | None = None):
        """`ask` is which page of a list this request is for."""
        self.site, self.member, self._menu = site, member, menu
        self.ask = ask or Ask("", "")
        key = f"portal.said.{said}"
        self._said = key if key in site.render.texts.catalogue else ""

    @property
    def menu(self) -> list[MenuItem]:
        """Where the member may go, in order."""
        return [place for place in self._menu if place.needs is None or place.needs in self.member.permissions]

    def text(self, key: str, **values: object) -> str:
        return self.site.render.texts(key, **values)

    def page(
        self,
        template: str,
        active: str,
        form: Form | None = None,
        scripts: tuple[str, ...] = (),
        *,
        status: int | None = None,
        **values: Any,
    ) -> Response[str]:
        """A page of the portal; with a form that is not good, its status says so. `template` is `feature/name.html`
        and extends merchant_users/layout.html; `active` is where in the navigation it stands."""
        zone = self.site.render.formats.zone(self.site.services.clock.now())
        own: dict[str, Any] = {
            "member": self.member,
            "menu": self.menu,
            "active": active,
            "said": self._said,
            "zone": zone,
        }
        return self.site.page(template, scripts, status=status, form=form or Form(), **own, **values)


ThePortal = NamedDependency[SkipValidation[Portal]]
TheMember = NamedDependency[SkipValidation[Member]]


async def provide_member(site: TheSite, request: Asked) -> Member:
    """The dependency `member`. Raises SignInFirst."""
    return await the_member(request)


async def provide_portal(site: TheSite, request: Asked) -> Portal:
    """The dependency `portal`. Raises SignInFirst."""
    asked, member = request.query_params, await the_member(request)
    ask = Ask(asked.get("before", ""), asked.get("after", ""))
    return Portal(site, member, request.route_handler.opt[MENU], asked.get("said", ""), ask)


def go(address: str, said: str = "") -> Redirect:
    """To another page after something was done."""
    return Redirect(f"{address}?said={said}" if said else address, status_code=303)


def problem(request: Asked, status: int, problem: str, needed: Sequence[str] = ()) -> Response[Any]:
    """A page for people, JSON for scripts; with the security headers, which Litestar leaves out of errors.

    `needed` are the roles of which any one would do.
    """
    site, member, headers = site_for(request), member_found(request), request.app.state.headers
    title, text = site.render.texts(f"portal.problem.{problem}"), site.render.texts(f"portal.problem.{problem}.text")
    if member is None or not for_people(request):
        return Response({"problem": title}, status_code=status, headers=headers)
    portal = Portal(site, member, request.route_handler.opt.get(MENU, ()))
    page = portal.page("merchant_users/refused.html", "", title=title, text=text, needed=needed)
    return Response(page.content, status_code=status, media_type=page.media_type, headers=headers)
