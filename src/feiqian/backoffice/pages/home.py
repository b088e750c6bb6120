"""The console's first page: what waits, in numbers."""

from __future__ import annotations

from litestar import get

from feiqian.web.session import BY_ITSELF
from feiqian.web.whose import ASKED_BY_A_PAGE

from .console import Page, TheConsole


@get("/page-for", status_code=204, opt={ASKED_BY_A_PAGE: True, BY_ITSELF: True})
async def page_for() -> None:
    """For a page's script: whether whom the page shows is at work still (else 409, or 401 for nobody)."""


@get("/")
async def home(console: TheConsole) -> Page:
    """Counts alone: nothing of a customer is looked at."""
    return await console.page("home.html", "home", queues=await console.back_office.queues.waiting(console.me))
