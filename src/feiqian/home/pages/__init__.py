"""Home, and Me."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from .accounts import ArrangePages
from .home import Home
from .me import Me
from .notices import NoticeSettings
from .receipts import receipts

PAGES: list[ControllerRouterHandler] = [ArrangePages, Home, Me, NoticeSettings, receipts]
