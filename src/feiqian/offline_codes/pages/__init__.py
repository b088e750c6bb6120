"""What the wallet's script fetches ahead, and the page that a browser keeps to show it without network."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.types import ControllerRouterHandler

from feiqian.clock import MICROSECONDS
from feiqian.offline_codes.errors import NoCodesAhead
from feiqian.payments.codes import SLOT_SECONDS
from feiqian.web.session import BY_ITSELF, TheCustomer
from feiqian.web.site import TheSite

MILLISECOND = MICROSECONDS // 1000


@post("/wallet/codes-ahead", status_code=200, opt={BY_ITSELF: True})
async def codes_ahead(site: TheSite, signed_in: TheCustomer) -> dict[str, Any]:
    """Digits by slot, and the bank's time. 404: this wallet, or this phone, gets none now."""
    try:
        codes = await site.services.offline_codes.coming(signed_in.session)
    except NoCodesAhead:
        raise NotFoundException from None
    return {
        "now": site.services.clock.now() // MILLISECOND,
        "begins": codes[0].begins * 1000,
        "lasts": SLOT_SECONDS * 1000,
        "codes": [code.digits for code in codes],
    }


@get("/offline")
async def offline(site: TheSite) -> Response[str]:
    """The same for everybody: what is personal on it comes from what the browser keeps."""
    return site.page("offline_codes/offline.html", ("wallet.code.", "offline."))


PAGES: list[ControllerRouterHandler] = [codes_ahead, offline]
