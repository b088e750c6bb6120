"""The pages of signing in, recovering, reporting a lost phone, and the security centre."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from . import changes, contacts, recover, sign_in
from .changes import Changes, Enrolments
from .contacts import Contacts
from .lost import Lost
from .push import PUSH
from .recover import Recover
from .security import SecurityPages
from .sign_in import SignInPages, sign_out
from .strength import strength

PAGES: list[ControllerRouterHandler] = [
    SignInPages,
    sign_in.SECOND,
    sign_out,
    Recover,
    recover.PROVE,
    Lost,
    SecurityPages,
    Changes,
    changes.PROVE,
    Enrolments,
    Contacts,
    contacts.PROVE,
    strength,
    *PUSH,
]
