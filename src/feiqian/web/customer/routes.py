"""All pages of this folder, for the application."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from .changes import Changes, Enrolments
from .confirm import Confirm
from .contacts import Contacts
from .identity import IdentityPages
from .lost import Lost
from .recover import Recover
from .register import Register
from .security import SecurityPages
from .sign_in import SignInPages, sign_out
from .strength import strength

CUSTOMER: list[ControllerRouterHandler] = [
    Register,
    SignInPages,
    sign_out,
    Recover,
    Lost,
    IdentityPages,
    Confirm,
    SecurityPages,
    Changes,
    Enrolments,
    Contacts,
    strength,
]
