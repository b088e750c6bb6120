"""The portal of merchants' people, with its own guard and errors, and their way in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litestar import Response, Router
from litestar.di import Provide
from litestar.types import ControllerRouterHandler

from feiqian.merchant_users.errors import MerchantSuspended, NotPermitted, UserNotFound
from feiqian.merchant_users.model import Permission
from feiqian.subjects import Role
from feiqian.web.whose import ACTS_FOR

from .home import home, page_for
from .invitation import InvitationPages
from .own import CONFIRMING_OWN, OwnPages
from .people import CONFIRMING, PeoplePages
from .portal import MENU, Asked, MenuItem, problem, provide_member, provide_portal
from .security import SecurityPages
from .sign_in import SignInPages, sign_out
from .who import HOME, members_only

PAGES: list[ControllerRouterHandler] = [SignInPages, InvitationPages, sign_out]
MERCHANT_PAGES: list[ControllerRouterHandler] = [
    home,
    page_for,
    PeoplePages,
    CONFIRMING,
    SecurityPages,
    OwnPages,
    CONFIRMING_OWN,
]
MERCHANT_MENU = (
    MenuItem(0, "home", HOME, "bank"),
    MenuItem(80, "people", f"{HOME}/people", "people", Permission.PEOPLE_READ),
    MenuItem(90, "security", f"{HOME}/security", "shield"),
)


def merchant_console(pages: Sequence[ControllerRouterHandler], menu: Sequence[MenuItem]) -> Router:
    """What an application serves under /merchants: pages that features have for merchants' people."""
    errors: dict[Any, Any] = {
        NotPermitted: _not_permitted,
        MerchantSuspended: _suspended,
        UserNotFound: _not_there,
    }
    return Router(
        path=HOME,
        route_handlers=list(pages),
        guards=[members_only],
        dependencies={"portal": Provide(provide_portal), "member": Provide(provide_member)},
        exception_handlers=errors,
        opt={ACTS_FOR: (Role.USER,), MENU: tuple(menu)},
    )


def _not_permitted(request: Asked, error: NotPermitted) -> Response[Any]:
    return problem(request, 403, "not_permitted", error.roles)


def _suspended(request: Asked, _: MerchantSuspended) -> Response[Any]:
    return problem(request, 403, "suspended")


def _not_there(request: Asked, _: UserNotFound) -> Response[Any]:
    return problem(request, 404, "not_there")
