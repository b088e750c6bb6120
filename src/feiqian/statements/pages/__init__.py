"""The pages of statements: what to make, and whether one that was shown is the bank's."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from feiqian.activity.codes import LETTERS

from .check import CheckPages
from .choose import StatementPages

__all__ = ["LONGEST", "PAGES"]
PAGES: list[ControllerRouterHandler] = [StatementPages, CheckPages]
LONGEST = {"statement": 2 * LETTERS}  # a code, with room for dashes
