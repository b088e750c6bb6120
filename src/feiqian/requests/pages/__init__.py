"""The pages of asking for money: receive codes, requests, splits."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from feiqian.requests.model import LONGEST_NOTE, LONGEST_PERSON

from . import paying, receive, requests, scanned, splits

__all__ = ["LONGEST", "PAGES"]
LONGEST = {"person": LONGEST_PERSON, "reason": LONGEST_NOTE}
PAGES: list[ControllerRouterHandler] = [
    receive.ReceivePages,
    scanned.ScannedPages,
    requests.RequestPages,
    paying.PROVE,
    paying.PayPages,
    splits.SplitPages,
]
