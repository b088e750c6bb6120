"""The pages of quick payment."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from . import own, public
from .own import OwnPages
from .public import PublicPages

PAGES: list[ControllerRouterHandler] = [PublicPages, public.PROVE, OwnPages, own.PROVE]
LONGEST = {"account": 40}  # with spaces and dashes between the digits
