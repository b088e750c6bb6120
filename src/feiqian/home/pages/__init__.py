"""Home, and Me."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from .home import Home
from .me import Me
from .notices import NoticeSettings

PAGES: list[ControllerRouterHandler] = [Home, Me, NoticeSettings]
