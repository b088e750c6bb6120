"""The pages below `/pay/{order}`. Nothing of ours or of others may show them in a frame."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from feiqian.quick.pages.pay import pay_pages
from feiqian.web.security import content_security_policy

from .order import OrderPages, Orders
from .wallet import PROVE, WalletPages

UNFRAMED = {"Content-Security-Policy": content_security_policy(framed=False)}
PAGES: list[ControllerRouterHandler] = [
    pay_pages(Orders(), OrderPages, WalletPages, PROVE, response_headers=UNFRAMED),
]
