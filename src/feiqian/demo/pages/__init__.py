"""What only a demo shows: the start page, a till, the machine room and the inbox; and what it adds to bank pages."""

from __future__ import annotations

from litestar import Router
from litestar.di import Provide
from litestar.types import ControllerRouterHandler

from feiqian.quick.pages.bills import bill_pages
from feiqian.web.site import TheSite

from .bank import BankPage
from .bills import BillPages
from .given import Demo
from .inbox import Inbox
from .made_up import MadeUp
from .staff_key import MerchantKey, StaffKey
from .till import Till
from .welcome import Welcome

PAGES: list[ControllerRouterHandler] = [Welcome, Till, BankPage, BillPages, Inbox, MadeUp, StaffKey, MerchantKey]
SLOTS = {
    "challenge.send": "demo/parts/open_inbox.html",  # messages are read in the inbox page
    "quick.payer": "demo/parts/who_can_pay.html",
    "registration.who": "demo/parts/made_up_person.html",
    "identity.pictures": "demo/parts/made_up_document.html",
    "staff.confirm": "demo/parts/sign_as_staff.html",
    "portal.confirm": "demo/parts/sign_as_merchant.html",
}


def routes(demo: Demo) -> list[ControllerRouterHandler]:
    """The demo's pages, over this demo."""

    def given(site: TheSite) -> Demo:  # asks for `site` so that the framework provides both in one task
        return demo

    own = Router("/", route_handlers=PAGES, dependencies={"demo": Provide(given, sync_to_thread=False)})
    return [own, bill_pages(demo.bills.find)]
