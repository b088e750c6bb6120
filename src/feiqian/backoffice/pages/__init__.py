"""The staff's console. `PAGES` are all routes of it, with their own guard, errors and way to sign in."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.response import Redirect
from litestar.types import ControllerRouterHandler

from feiqian.backoffice.errors import ChangeNotFound, MemberNotFound, NotAllowed
from feiqian.cases.errors import CaseNotFound
from feiqian.customers.errors import CustomerNotFound
from feiqian.kyc.errors import ReviewNotFound
from feiqian.web.problems import for_people, site_for
from feiqian.web.whose import ACTS_FOR, HEADER, STAFF

from .accounts import AccountPages
from .audit_log import AuditLogPages
from .cases import CasePages
from .changes import APPROVE, ChangePages
from .console import provide_console
from .customers import CustomerPages
from .enrol import EnrolPages
from .home import home, page_for
from .identity import VERIFY, IdentityPages
from .sign_in import SignInPages, sign_out
from .who import StaffOnly, StaffSignInFirst, staff_only

CONSOLE: list[ControllerRouterHandler] = [
    home,
    page_for,
    CustomerPages,
    IdentityPages,
    VERIFY,
    CasePages,
    ChangePages,
    APPROVE,
    AccountPages,
    AuditLogPages,
]
NOT_THERE = (CaseNotFound, CustomerNotFound, ReviewNotFound, ChangeNotFound, MemberNotFound)
Asked = Request[Any, Any, State]


def _routes() -> list[ControllerRouterHandler]:
    """What an application serves under /staff."""
    errors: dict[Any, Any] = {StaffSignInFirst: _sign_in_first, StaffOnly: _staff_only, NotAllowed: _not_allowed}
    errors |= dict.fromkeys(NOT_THERE, _not_there)
    console = Router(
        path="/staff",
        route_handlers=CONSOLE,
        guards=[staff_only],
        dependencies={"console": Provide(provide_console)},
        exception_handlers=errors,
        opt={ACTS_FOR: (STAFF,)},
    )
    return [console, SignInPages, EnrolPages, sign_out]


def _sign_in_first(request: Asked, error: StaffSignInFirst) -> Response[Any]:
    if for_people(request):
        return Redirect(error.address, status_code=303, headers=request.app.state.headers)
    headers = request.app.state.headers | {HEADER: "nobody"}
    return Response({"problem": "sign_in"}, status_code=401, headers=headers)


def _staff_only(request: Asked, _: StaffOnly) -> Response[Any]:
    return _problem(request, 403, "staff_only")


def _not_allowed(request: Asked, _: NotAllowed) -> Response[Any]:
    return _problem(request, 403, "not_allowed")


def _not_there(request: Asked, _: Exception) -> Response[Any]:
    return _problem(request, 404, "not_there")


def _problem(request: Asked, status: int, problem: str) -> Response[Any]:
    """A page for people, JSON for scripts; with the security headers, which Litestar leaves out of errors."""
    site = site_for(request)
    title = site.render.texts(f"staff.problem.{problem}")
    if not for_people(request):
        return Response({"problem": title}, status_code=status, headers=request.app.state.headers)
    page = site.page("backoffice/problem.html", title=title, text=site.render.texts(f"staff.problem.{problem}.text"))
    return Response(page.content, status_code=status, media_type=page.media_type, headers=request.app.state.headers)


PAGES = _routes()
