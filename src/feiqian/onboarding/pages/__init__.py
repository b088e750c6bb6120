"""The pages of registering and of the real-name check."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from .identity import IdentityPages
from .register import ENTER, Register

PAGES: list[ControllerRouterHandler] = [Register, ENTER, IdentityPages]
