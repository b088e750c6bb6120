"""The pages of deposit accounts: what a customer calls them, and what staff see."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from .aliases import LONGEST, AliasPages
from .staff import NumberPages

__all__ = ["LONGEST", "PAGES", "STAFF_PAGES"]
PAGES: list[ControllerRouterHandler] = [AliasPages]
STAFF_PAGES: list[ControllerRouterHandler] = [NumberPages]
