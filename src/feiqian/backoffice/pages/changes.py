"""Changes that one has proposed and another approves or refuses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.params import FromPath
from litestar.response import Redirect

from feiqian.auth.challenges.errors import FactorNotEnrolled
from feiqian.auth.challenges.model import ChallengeView
from feiqian.auth.pages.steps import Step, challenge_pages
from feiqian.backoffice.errors import CeilingExceeded, ChangeFailed, ChangeOver, OwnChange
from feiqian.backoffice.members import require
from feiqian.backoffice.model import Change, ChangeState, StaffRole
from feiqian.backoffice.queues import ChangeQueue
from feiqian.subjects import Role
from feiqian.web.forms import Form, read_form
from feiqian.web.kept import forget, keep

from .console import Console, Page, TheConsole, go
from .fresh import kept_flow
from .words import change_text, effect_of, failure_text, invalid_text, kind_name, level_name

KIND = "staff-act"
FEW = 20
REFUSED = (OwnChange, ChangeOver, CeilingExceeded, ChangeFailed, FactorNotEnrolled)


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
        changes = console.back_office.changes
        waiting, decided = await changes.waiting(console.ask), await changes.decided(limit=FEW)
        return await console.page(
            "changes.html",
            "changes",
            waiting=waiting.of(await _rows(console, waiting.items)),
            decided=decided.of(await _rows(console, decided.items)),
        )

    @get("/decided")
    async def decided(self, console: TheConsole) -> Page:
        _allowed(console)
        page = await console.back_office.changes.decided(console.ask)
        rows = page.of(await _rows(console, page.items))
        return await console.page("changes.html", "changes", waiting=None, decided=rows)

    @get("/{id:str}")
    async def look(self, console: TheConsole, id: FromPath[str]) -> Page:
        return await _change_page(console, id, Form())

    @post("/{id:str}", status_code=303)
    async def decide(self, console: TheConsole, id: FromPath[str], request: Request[Any, Any, State]) -> Page:
        _allowed(console)
        form, changes = await read_form(request), console.back_office.changes
        try:
            if form["act"] == "approve":
                return await _begin(console, id)
            await changes.refuse(id, console.me, form["note"])
        except REFUSED as error:
            return await _refused(console, id, form, error)
        return go(f"/staff/changes/{id}", "refused")


async def _confirming(console: TheConsole, id: FromPath[str], request: Request[Any, Any, State]) -> Step | Redirect:
    """The challenge of who approves."""
    _allowed(console)
    address = f"/staff/changes/{id}"
    found = kept_flow(console, request, KIND, address, "approve", id)
    if found is None:
        return go(address)

    async def finish(view: ChallengeView) -> Page:
        try:
            return await _approved(console, id, view.id)
        except REFUSED as error:
            return await _refused(console, id, Form(), error)

    return Step(found[0], finish)


APPROVE = challenge_pages("/changes/{id:str}/approve", _confirming, (Role.STAFF,))


async def _begin(console: Console, id: str) -> Page:
    """To the challenge."""
    view = await console.back_office.changes.confirm(id, console.me, console.site.language, console.who.session.device)
    cookie = keep(console.site, KIND, view.id, id)
    return Redirect(f"/staff/changes/{id}/approve", status_code=303, cookies=[cookie])


async def _approved(console: Console, id: str, challenge: str) -> Page:
    await console.back_office.changes.approve(id, console.me, challenge)
    there = go(f"/staff/changes/{id}", "approved")
    there.cookies.append(forget(console.site))
    return there


async def _refused(console: Console, id: str, form: Form, error: Exception) -> Page:
    """The change's page, which says why nothing was done."""
    if isinstance(error, ChangeOver):
        form.wrong("", console.text("staff.change.over", state=console.text(f"staff.state.{error.state}")))
    elif isinstance(error, CeilingExceeded):
        form.wrong("", invalid_text(console.site, error))
    elif isinstance(error, ChangeFailed):
        form.wrong("", console.text("staff.change.failed", why=failure_text(console.site, error.why)))
    else:
        form.wrong("", console.text("staff.change.own" if isinstance(error, OwnChange) else "staff.change.no_factor"))
    return await _change_page(console, id, form)


async def _change_page(console: Console, id: str, form: Form) -> Page:
    _allowed(console)
    change = await console.back_office.changes.get(id)
    row = (await _rows(console, [change]))[0]
    failure = failure_text(console.site, change.failure) if change.failure else ""
    is_open, own = change.state is ChangeState.OPEN, change.proposer == console.me.number
    kind, values = console.back_office.changes.kinds.read(change.kind, change.values)
    effect = await kind.effect(change.about, values) if is_open else None
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
        facts=kind.facts(change, values, console.site.render),
        may_approve=is_open and approver and not own,
        may_withdraw=is_open and own,
    )


async def _level_now(console: Console, change: Change) -> str:
    if change.about.role is not Role.CUSTOMER:
        return ""
    services = console.site.services
    level = services.policy.level_numbered(services.customers.standing(change.about.customer))
    return level_name(console.site.render, level.name)


async def _rows(console: Console, changes: Sequence[Change]) -> list[ChangeRow]:
    """With the names of those that they are about: an approver has to know whom they decide on."""
    names = await console.back_office.whose(console.me, changes)
    kinds, site = console.back_office.changes.kinds, console.site
    return [
        ChangeRow(one, kind_name(site, one.kind), change_text(kinds, one, site.render), names[one.about])
        for one in changes
    ]


def _allowed(console: Console) -> None:
    require(console.me, *ChangeQueue.roles)
