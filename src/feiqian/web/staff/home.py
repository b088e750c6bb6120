"""The console's first page: what waits, in numbers."""

from __future__ import annotations

from litestar import get

from .console import Page, TheConsole


@get("/")
async def home(console: TheConsole) -> Page:
    """Counts alone: nothing of a customer is looked at."""
    return await console.page("home.html", "home", queues=await console.office.queues(console.me))
