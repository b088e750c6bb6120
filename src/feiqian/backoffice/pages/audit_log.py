"""The audit log, for auditors; reading it is in it, too."""

from __future__ import annotations

from litestar import Controller, get, post
from litestar.params import FromQuery

from feiqian.backoffice.audit_log_reader import Checked
from feiqian.ids import CUSTOMER, is_id
from feiqian.subjects import customer

from .console import Console, Page, TheConsole
from .words import action_name, details_text


class AuditLogPages(Controller):
    """`/staff/trail`."""

    path = "/trail"

    @get("/")
    async def read(self, console: TheConsole, about: FromQuery[str] = "", before: FromQuery[int] = 0) -> Page:
        return await _trail_page(console, about, before, None)

    @post("/check", status_code=200)
    async def check(self, console: TheConsole) -> Page:
        return await _trail_page(console, "", 0, await console.back_office.audit_log_reader.check(console.me))


async def _trail_page(console: Console, about: str, before: int, checked: Checked | None) -> Page:
    pages = await console.back_office.audit_log_reader.read(console.me, await _about(console, about.strip()), before)
    site = console.site
    rows = [(entry, action_name(site, entry.action), details_text(entry)) for entry in pages.entries]
    return await console.page(
        "trail.html", "trail", rows=rows, about=about.strip(), before=before, older=pages.older, checked=checked
    )


async def _about(console: Console, text: str) -> str:
    """A customer's public id as the audit log names them; anything else as it is."""
    if not is_id(CUSTOMER, text):
        return text
    services = console.site.services
    found = await services.transactions.read(services.customers.by_id, text)
    return str(customer(found.number)) if found else text
