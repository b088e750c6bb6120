"""The pages of quick payment. Those that pay a bill are mounted by whoever issues bills (`pay.pay_pages`)."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from feiqian.quick.method import LONGEST_GIVEN

from . import own, public
from .own import OwnPages
from .public import PublicPages

PAGES: list[ControllerRouterHandler] = [PublicPages, public.PROVE, OwnPages, own.PROVE]
LONGEST = {"account": LONGEST_GIVEN}  # with spaces and dashes between the digits
