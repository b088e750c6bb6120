"""A customer's activity and receipts; and a receipt as anybody finds it by its code."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from feiqian.activity.matching import LONGEST_SEARCH
from feiqian.activity.notes import LONGEST_NOTE
from feiqian.activity.reports import LONGEST_REPORT

from .activity import ActivityPages
from .public import PublicPages
from .receipt import ReceiptPages

LONGEST = {"search": LONGEST_SEARCH, "remark": LONGEST_NOTE, "report": LONGEST_REPORT}
PAGES: list[ControllerRouterHandler] = [ActivityPages, ReceiptPages, PublicPages]
