"""The pages of scanning."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from .meaning import LONGEST as LONGEST_TEXT
from .merchants import MerchantPages
from .scan import ScanPages

LONGEST = {"scanned": LONGEST_TEXT, "merchant": 40}
PAGES: list[ControllerRouterHandler] = [ScanPages, MerchantPages]
