"""The staff's console, with its own guard and errors, and its way to sign in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litestar import Response, Router
from litestar.di import Provide
from litestar.types import ControllerRouterHandler

from feiqian.audit_log.entry import MAX_ABOUT
from feiqian.backoffice.change_requests import MAX_WHY
from feiqian.backoffice.errors import ChangeNotFound, MemberNotFound, NotAllowed
from feiqian.backoffice.members import LOGIN_LENGTH
from feiqian.backoffice.model import StaffRole
from feiqian.backoffice.support_view import MAX_QUERY
from feiqian.customers.errors import CustomerNotFound
from feiqian.subjects import Role
from feiqian.web.whose import ACTS_FOR

from .accounts import AccountPages
from .audit_log import AuditLogPages
from .changes import APPROVE, ChangePages
from .console import MENU, Asked, MenuItem, not_there, problem, provide_console
from .customers import CustomerPages
from .enrol import EnrolPages
from .home import home, page_for
from .sign_in import SignInPages, sign_out
from .who import HOME, StaffOnly, staff_only

STAFF_PAGES: list[ControllerRouterHandler] = [
    home,
    page_for,
    CustomerPages,
    ChangePages,
    APPROVE,
    AccountPages,
    AuditLogPages,
]
STAFF_MENU = (
    MenuItem(0, "home", HOME, "bank", frozenset(StaffRole)),
    MenuItem(10, "customers", f"{HOME}/customers", "person", frozenset({StaffRole.SUPPORTER})),
    MenuItem(50, "accounts", f"{HOME}/accounts", "people", frozenset({StaffRole.ADMIN})),
    MenuItem(60, "trail", f"{HOME}/trail", "receipt", frozenset({StaffRole.AUDITOR})),
)
PAGES: list[ControllerRouterHandler] = [SignInPages, EnrolPages, sign_out]
LONGEST = {"login": LOGIN_LENGTH, "query": MAX_QUERY, "about": MAX_ABOUT, "why": MAX_WHY}
NOT_THERE = (CustomerNotFound, ChangeNotFound, MemberNotFound)


def staff_console(pages: Sequence[ControllerRouterHandler], menu: Sequence[MenuItem]) -> Router:
    """What an application serves under /staff: pages that features have for staff."""
    errors: dict[Any, Any] = {StaffOnly: _staff_only, NotAllowed: _not_allowed}
    return Router(
        path=HOME,
        route_handlers=list(pages),
        guards=[staff_only],
        dependencies={"console": Provide(provide_console)},
        exception_handlers=errors | dict.fromkeys(NOT_THERE, not_there),
        opt={ACTS_FOR: (Role.STAFF,), MENU: tuple(menu)},
    )


def _staff_only(request: Asked, _: StaffOnly) -> Response[Any]:
    return problem(request, 403, "staff_only")


def _not_allowed(request: Asked, error: NotAllowed) -> Response[Any]:
    return problem(request, 403, "not_allowed", error.needed)
