"""What only a demo shows: the start page, a till, the machine room and the inbox."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from .bank import BankPage
from .inbox import Inbox
from .till import Till
from .welcome import Welcome

PAGES: list[ControllerRouterHandler] = [Welcome, Till, BankPage, Inbox]
