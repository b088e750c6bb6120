"""The pages of quick payment."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from . import public
from .public import PublicPages

PAGES: list[ControllerRouterHandler] = [PublicPages, public.PROVE]
LONGEST = {"account": 40}  # with spaces and dashes between the digits
