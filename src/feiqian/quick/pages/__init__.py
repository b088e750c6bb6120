"""The pages of quick payment."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from feiqian.quick.method import LONGEST_GIVEN

PAGES: list[ControllerRouterHandler] = []
LONGEST = {"account": LONGEST_GIVEN}
