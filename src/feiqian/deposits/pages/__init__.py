"""The pages of a customer's accounts: what there is, statements, and moving money, closing."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from .accounts import AccountPages
from .closing import CLOSE, ClosingPages
from .transfers import TransferPages

PAGES: list[ControllerRouterHandler] = [AccountPages, TransferPages, ClosingPages, CLOSE]
