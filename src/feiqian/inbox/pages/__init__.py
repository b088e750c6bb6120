"""The inbox of whoever is signed in."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from .notices import InboxPages

PAGES: list[ControllerRouterHandler] = [InboxPages]
