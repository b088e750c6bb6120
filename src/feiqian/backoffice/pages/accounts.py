"""Staff accounts, for admins: suspended by one, given other roles by two."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.params import FromPath

from feiqian.auth.changes import ReleaseLock
from feiqian.backoffice.changes import StaffRoles
from feiqian.backoffice.model import StaffMember, StaffRole
from feiqian.web.forms import Form, read_form

from .console import Console, Page, TheConsole, go
from .proposing import Values, proposed


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


async def _propose(console: Console, id: str, form: Form, name: str, values: Values) -> Page:
    member = await console.back_office.staff.member(id, console.me)
    kind = console.back_office.changes.kinds.find(name)
    change = await proposed(console, kind, member.subject, values, form)
    if change is not None:
        return go(f"/staff/changes/{change.id}", "proposed")
    return await _account_page(console, id, form, name)


async def _account_page(console: Console, id: str, form: Form, sent: str = "") -> Page:
    """`sent` is the kind of change whose form this is."""
    member = await console.back_office.staff.member(id, console.me)
    locked = await console.back_office.staff.locked(member)
    roles = _roles(member, form if sent == StaffRoles.name else None)
    return await console.page("account.html", "accounts", form, member=member, locked=locked, roles=roles, sent=sent)


def _roles(member: StaffMember, form: Form | None) -> list[tuple[str, bool]]:
    """Each role, and whether the account has it, or the form that was sent."""
    return [(role.value, bool(form[f"role_{role}"]) if form else role in member.roles) for role in StaffRole]
