"""The portal's first page."""

from __future__ import annotations

from litestar import get

from feiqian.web.session import BY_ITSELF
from feiqian.web.whose import ASKED_BY_A_PAGE

from .portal import Page, ThePortal
from .who import FOR_ALL


@get("/page-for", status_code=204, opt={ASKED_BY_A_PAGE: True, BY_ITSELF: True, **FOR_ALL})
async def page_for() -> None:
    """For a page's script: whether whom the page shows is signed in still (else 409, or 401 for nobody)."""


@get("/", opt=FOR_ALL)
async def home(portal: ThePortal) -> Page:
    """Who one is here, and what one may."""
    return portal.page("merchant_users/home.html", "home")
