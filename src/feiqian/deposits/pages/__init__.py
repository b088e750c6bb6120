"""The pages of deposit accounts: statements, moving money, closing, aliases, and what staff see."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from .accounts import AccountPages
from .aliases import LONGEST, AliasPages
from .closing import CLOSE, ClosingPages
from .staff import FreezePages, NumberPages
from .transfers import TransferPages

__all__ = ["LONGEST", "PAGES", "STAFF_PAGES"]
PAGES: list[ControllerRouterHandler] = [AccountPages, AliasPages, TransferPages, ClosingPages, CLOSE]
STAFF_PAGES: list[ControllerRouterHandler] = [NumberPages, FreezePages]
