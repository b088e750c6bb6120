"""The staff's console, with its own guard and errors, and its way to sign in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litestar import Response, Router
from litestar.di import Provide
from litestar.response import Redirect
from litestar.types import ControllerRouterHandler

from feiqian.audit_log.entry import MAX_ABOUT
from feiqian.backoffice.change_requests import MAX_WHY
from feiqian.backoffice.errors import ChangeNotFound, MemberNotFound, NotAllowed
from feiqian.backoffice.members import LOGIN_LENGTH
from feiqian.backoffice.support_view import MAX_QUERY
from feiqian.customers.errors import CustomerNotFound
from feiqian.web.problems import for_people
from feiqian.web.whose import ACTS_FOR, HEADER, STAFF

from .accounts import AccountPages
from .audit_log import AuditLogPages
from .changes import APPROVE, ChangePages
from .console import Asked, not_there, problem, provide_console
from .customers import CustomerPages
from .enrol import EnrolPages
from .home import home, page_for
from .sign_in import SignInPages, sign_out
from .who import StaffOnly, StaffSignInFirst, staff_only

OWN: list[ControllerRouterHandler] = [
    home,
    page_for,
    CustomerPages,
    ChangePages,
    APPROVE,
    AccountPages,
    AuditLogPages,
]
PAGES: list[ControllerRouterHandler] = [SignInPages, EnrolPages, sign_out]
LONGEST = {"login": LOGIN_LENGTH, "query": MAX_QUERY, "about": MAX_ABOUT, "why": MAX_WHY}
NOT_THERE = (CustomerNotFound, ChangeNotFound, MemberNotFound)


def staff_console(pages: Sequence[ControllerRouterHandler]) -> Router:
    """What an application serves under /staff: the console's own pages, and those that features have for staff."""
    errors: dict[Any, Any] = {StaffSignInFirst: _sign_in_first, StaffOnly: _staff_only, NotAllowed: _not_allowed}
    return Router(
        path="/staff",
        route_handlers=[*OWN, *pages],
        guards=[staff_only],
        dependencies={"console": Provide(provide_console)},
        exception_handlers=errors | dict.fromkeys(NOT_THERE, not_there),
        opt={ACTS_FOR: (STAFF,)},
    )


def _sign_in_first(request: Asked, error: StaffSignInFirst) -> Response[Any]:
    if for_people(request):
        return Redirect(error.address, status_code=303, headers=request.app.state.headers)
    headers = request.app.state.headers | {HEADER: "nobody"}
    return Response({"problem": "sign_in"}, status_code=401, headers=headers)


def _staff_only(request: Asked, _: StaffOnly) -> Response[Any]:
    return problem(request, 403, "staff_only")


def _not_allowed(request: Asked, error: NotAllowed) -> Response[Any]:
    return problem(request, 403, "not_allowed", error.needed)
