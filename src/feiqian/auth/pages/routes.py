"""All pages of this folder, for the application."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from feiqian.onboarding.pages.identity import IdentityPages
from feiqian.onboarding.pages.register import Register
from feiqian.payments.pages.confirm import Confirm

from .changes import Changes, Enrolments
from .contacts import Contacts
from .lost import Lost
from .recover import Recover
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
