"""The audit log, for auditors; reading it is in it, too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from litestar import Controller, get, post
from litestar.params import FromQuery

from feiqian.audit_log.entry import Entry
from feiqian.backoffice.audit_log_reader import Checked
from feiqian.ids import CUSTOMER, is_id
from feiqian.runtime.paging import FIRST, Ask
from feiqian.subjects import Role, customer, staff

from .console import Console, Page, TheConsole
from .details import PLACES, Detail, Said
from .words import action_name


class Row(NamedTuple):
    """An entry in words; `id` is what it is about, where that is a thing and no person."""

    entry: Entry
    actor: str
    action: str
    about: str
    id: str
    details: Sequence[Detail]


class AuditLogPages(Controller):
    """`/staff/trail`."""

    path = "/trail"

    @get("/")
    async def read(self, console: TheConsole, about: FromQuery[str] = "") -> Page:
        return await _trail_page(console, about.strip(), console.ask, None)

    @post("/check", status_code=200)
    async def check(self, console: TheConsole) -> Page:
        return await _trail_page(console, "", FIRST, await console.back_office.audit_log_reader.check(console.me))


async def _trail_page(console: Console, typed: str, ask: Ask, checked: Checked | None) -> Page:
    about = await _about(console, typed)
    page = await console.back_office.audit_log_reader.read(console.me, about, ask)
    said = await console.said()
    return await console.page(
        "trail.html",
        "trail",
        page=page,
        rows=[_row(console, said, entry) for entry in page.items],
        typed=typed,
        whose=said.about(about) if about else "",
        checked=checked,
    )


def _row(console: Console, said: Said, entry: Entry) -> Row:
    place = PLACES.get(entry.about[:4], "")
    return Row(
        entry,
        said.subject(entry.actor),
        action_name(console.site, entry.action),
        said.about(entry.about),
        entry.about if place else "",
        said.details(entry),
    )


async def _about(console: Console, typed: str) -> str:
    """Whom or what the audit log has under this: a customer's number or id, a login, or its own name for it."""
    services = console.site.services
    if typed.isascii() and typed.isdigit():
        return f"{Role.CUSTOMER}:{int(typed[:18])}"
    if is_id(CUSTOMER, typed):
        found = await services.transactions.read(services.customers.by_id, typed)
        return str(customer(found.number)) if found else typed
    logins = await console.back_office.staff.logins()
    return next((str(staff(number)) for number, login in logins.items() if login == typed.lower()), typed)
