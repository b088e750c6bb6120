"""Staff accounts, for admins: suspended by one, given other roles by two."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.params import FromPath

from feiqian.auth.changes import ReleaseLock
from feiqian.backoffice.changes import StaffRoles
from feiqian.backoffice.errors import ChangeInvalid
from feiqian.backoffice.model import StaffMember, StaffRole
from feiqian.web.forms import Form, read_form

from .console import Console, Page, TheConsole, go
from .words import invalid_text


class AccountPages(Controller):
    """`/staff/accounts`."""

    path = "/accounts"

    @get("/")
    async def listing(self, console: TheConsole) -> Page:
        page = await console.back_office.staff.accounts(console.me, console.ask)
        return await console.page("accounts.html", "accounts", page=page)

    @get("/{id:str}")
    async def look(self, console: TheConsole, id: FromPath[str]) -> Page:
        return await _account_page(console, id, Form())

    @post("/{id:str}/suspend", status_code=303)
    async def suspend(self, console: TheConsole, id: FromPath[str]) -> Page:
        await console.back_office.staff.suspend(id, console.me)
        return go(f"/staff/accounts/{id}", "suspended")

    @post("/{id:str}/roles", status_code=303)
    async def roles(self, console: TheConsole, id: FromPath[str], request: Request[Any, Any, State]) -> Page:
        form = await read_form(request)
        roles = [role.value for role in StaffRole if form[f"role_{role}"]]
        return await _propose(console, id, form, StaffRoles.name, {"roles": roles})

    @post("/{id:str}/lock", status_code=303)
    async def release(self, console: TheConsole, id: FromPath[str], request: Request[Any, Any, State]) -> Page:
        return await _propose(console, id, await read_form(request), ReleaseLock.name, {})


async def _propose(console: Console, id: str, form: Form, kind: str, values: dict[str, object]) -> Page:
    member = await console.back_office.staff.member(id, console.me)
    try:
        change = await console.back_office.changes.propose(kind, member.subject, values, console.me, form["why"])
    except ChangeInvalid as error:
        form.wrong("why" if error.reason == "why" else "", invalid_text(console.site, error))
        return await _account_page(console, id, form)
    return go(f"/staff/changes/{change.id}", "proposed")


async def _account_page(console: Console, id: str, form: Form) -> Page:
    member = await console.back_office.staff.member(id, console.me)
    locked = await console.back_office.staff.locked(member)
    return await console.page("account.html", "accounts", form, member=member, locked=locked, roles=_roles(member))


def _roles(member: StaffMember) -> list[tuple[str, bool]]:
    return [(role.value, role in member.roles) for role in StaffRole]
