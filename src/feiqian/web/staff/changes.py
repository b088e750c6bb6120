"""Changes that one has proposed and another approves or refuses."""

from __future__ import annotations

from typing import Any, NamedTuple

from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.params import FromPath

from feiqian.accounts.opening import correction_reference
from feiqian.staff.errors import CeilingExceeded, ChangeFailed, ChangeOver, NotAllowed, OwnChange
from feiqian.staff.model import Change, ChangeKind, ChangeState, StaffRole
from feiqian.subjects import Role

from ..forms import Form, read_form
from .console import PLACES, Console, Page, TheConsole, go
from .words import change_text, effect_of, failure_text, invalid_text, kind_name, level_name

ALLOWED = next(place[3] for place in PLACES if place[0] == "changes")


class ChangeRow(NamedTuple):
    """A change as a list shows it; `whose` is the name of the customer or account that it is about."""

    change: Change
    kind: str
    text: str
    whose: str


class ChangePages(Controller):
    """`/staff/changes`."""

    path = "/changes"

    @get("/")
    async def queue(self, console: TheConsole) -> Page:
        _allowed(console)
        waiting = await _rows(console, await console.office.changes.waiting())
        decided = await _rows(console, await console.office.changes.decided(20))
        return await console.page("changes.html", "changes", waiting=waiting, decided=decided)

    @get("/{id:str}")
    async def look(self, console: TheConsole, id: FromPath[str]) -> Page:
        return await _change_page(console, id, Form())

    @post("/{id:str}", status_code=303)
    async def decide(self, console: TheConsole, id: FromPath[str], request: Request[Any, Any, State]) -> Page:
        _allowed(console)
        form, changes = await read_form(request), console.office.changes
        approves = form["act"] == "approve"
        try:
            if approves:
                await changes.approve(id, console.me)
            else:
                await changes.refuse(id, console.me, form["note"])
        except OwnChange:
            form.wrong("", console.text("staff.change.own"))
        except ChangeOver as error:
            form.wrong("", console.text("staff.change.over", state=console.text(f"staff.state.{error.state}")))
        except CeilingExceeded as error:
            form.wrong("", invalid_text(console.site, error))
        except ChangeFailed as error:
            why = failure_text(console.site, error.why)
            form.wrong("", console.text("staff.change.failed", why=why))
        else:
            return go(f"/staff/changes/{id}", "approved" if approves else "refused")
        return await _change_page(console, id, form)


async def _change_page(console: Console, id: str, form: Form) -> Page:
    _allowed(console)
    change = await console.office.changes.get(id)
    row = (await _rows(console, [change]))[0]
    failure = failure_text(console.site, change.failure) if change.failure else ""
    effect = await console.office.changes.effect(change) if change.state is ChangeState.OPEN else None
    is_open, own = change.state is ChangeState.OPEN, change.maker == console.me.number
    approver = console.me.has(StaffRole.APPROVER) and change.about != console.me.subject
    return await console.page(
        "change.html",
        "changes",
        form,
        row=row,
        change=change,
        failure=failure,
        now_level=await _level_now(console, change),
        effect=effect_of(console.site, effect, change.values.get("currency")),
        category=str(change.values.get("reason", "")),
        reference=correction_reference(change.id) if change.kind is ChangeKind.ADJUST else "",
        may_approve=is_open and approver and not own,
        may_withdraw=is_open and own,
    )


async def _level_now(console: Console, change: Change) -> str:
    if change.about.role is not Role.CUSTOMER:
        return ""
    parts = console.office.parts
    return level_name(console.site, parts.policy.levels[parts.customers.standing(change.about.number)].name)


async def _rows(console: Console, changes: list[Change]) -> list[ChangeRow]:
    """With the names of those that they are about: an approver has to know whom they decide on."""
    names = await console.office.whose(console.me, changes)
    return [
        ChangeRow(change, kind_name(console.site, change.kind), change_text(console.site, change), names[change.about])
        for change in changes
    ]


def _allowed(console: Console) -> None:
    if not console.me.has(*ALLOWED):
        raise NotAllowed(ALLOWED)
