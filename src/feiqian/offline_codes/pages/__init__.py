"""What the wallet's script fetches ahead, and the page that a browser keeps to show it without network."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from feiqian.clock import MICROSECONDS
from feiqian.offline_codes.errors import NoCodesAhead
from feiqian.payments.codes import SLOT_SECONDS
from feiqian.payments.pages.code import Code
from feiqian.web.session import BY_ITSELF, TheCustomer
from feiqian.web.site import TheSite
from feiqian.web.symbols import Symbol

MILLISECOND = MICROSECONDS // 1000


@post("/wallet/codes-ahead", status_code=200, opt={BY_ITSELF: True})
async def codes_ahead(site: TheSite, signed_in: TheCustomer) -> dict[str, Any]:
    """Digits by slot, and the bank's time; no digits where this wallet, or this phone, gets none now."""
    try:
        codes = await site.services.offline_codes.coming(signed_in.session)
    except NoCodesAhead:
        codes = []
    return {
        "now": site.services.clock.now() // MILLISECOND,
        "begins": codes[0].begins * 1000 if codes else 0,
        "lasts": SLOT_SECONDS * 1000,
        "codes": [code.digits for code in codes],
    }


@get("/offline")
async def offline(site: TheSite) -> Response[str]:
    """The same for everybody: what is personal on it comes from what the browser keeps."""
    nothing = Code("", 1, used=False)
    shapes = dict.fromkeys(("qr", "bars"), Symbol(1, 1, ""))
    return site.page("offline_codes/offline.html", ("wallet.code.", "offline."), code=nothing, pictures=shapes)


PAGES: list[ControllerRouterHandler] = [codes_ahead, offline]
