"""The pages of registering and of the real-name check, and for staff those of their reviews."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from feiqian.kyc.service import NOTE_LENGTH

from .identity import IdentityPages
from .register import ENTER, Register
from .reviews import VERIFY, ReviewPages

LONGEST = {"review": NOTE_LENGTH}
PAGES: list[ControllerRouterHandler] = [Register, ENTER, IdentityPages]
STAFF_PAGES: list[ControllerRouterHandler] = [ReviewPages, VERIFY]
