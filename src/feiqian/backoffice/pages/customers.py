"""Customers as supporters see them: found, opened, frozen. Every look is in the audit log before it is answered."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from feiqian.backoffice.change_kinds import Kind
from feiqian.backoffice.support_view import FEW, CustomerFile
from feiqian.runtime.paging import FIRST, Ask
from feiqian.subjects import Role, Subject, customer
from feiqian.web.forms import Form, read_form

from .console import Console, Page, TheConsole, go
from .proposing import Values, proposed, values_of
from .words import action_name, change_text, effect_of, kind_name, level_name, short_details

OWN_LISTS = frozenset({"changes", "entries"})


class CustomerPages(Controller):
    """`/staff/customers`."""

    path = "/customers"

    @get("/")
    async def search(self, console: TheConsole, q: FromQuery[str] = "") -> Page:
        page = await console.back_office.support_view.search(console.me, q, console.ask)
        return await console.page("customers.html", "customers", q=q.strip(), page=page, levels=console.levels())

    @get("/{id:str}")
    async def look(self, console: TheConsole, id: FromPath[str]) -> Page:
        return await _file_page(console, id, Form())

    @get("/{id:str}/list/{name:str}")
    async def list_of(self, console: TheConsole, id: FromPath[str], name: FromPath[str]) -> Page:
        view = console.back_office.support_view
        if name not in OWN_LISTS | view.lists:
            raise NotFoundException
        file = await view.look_on(console.me, id, name, console.ask)
        shown = await _shown(console, file, console.ask)
        return await console.page("customer_list.html", "customers", None, name=name, **shown)

    @post("/{id:str}/freeze", status_code=303)
    async def freeze(self, console: TheConsole, id: FromPath[str], request: Request[Any, Any, State]) -> Page:
        form = await read_form(request)
        if not form["why"]:
            form.wrong("why", console.text("staff.why.missing"))
            return await _file_page(console, id, form)
        await console.back_office.support_view.freeze(console.me, id, form["why"])
        return go(_address(id), "frozen")

    @get("/{id:str}/propose/{kind:str}")
    async def propose_form(self, console: TheConsole, id: FromPath[str], kind: FromPath[str]) -> Page:
        return await _propose_page(console, id, _kind(console, kind), Form())

    @post("/{id:str}/propose/{kind:str}", status_code=303)
    async def propose(
        self, console: TheConsole, id: FromPath[str], kind: FromPath[str], request: Request[Any, Any, State]
    ) -> Page:
        form, chosen = await read_form(request), _kind(console, kind)
        file = await console.back_office.support_view.open(console.me, id)
        about, values = customer(file.customer.number), values_of(console, chosen, form)
        if form["act"] == "preview" and chosen.has_effect:
            return await _preview_page(console, id, chosen, form, about, values)
        change = await proposed(console, chosen, about, values, form)
        if change is not None:
            return go(f"/staff/changes/{change.id}", "proposed")
        return await _propose_page(console, id, chosen, form)


async def _preview_page(
    console: Console, id: str, kind: Kind, form: Form, about: Subject, values: Values | None
) -> Page:
    """The form again, with what it would find and leave."""
    if values is None:
        return await _propose_page(console, id, kind, form)
    effect = await console.back_office.changes.kinds.effect(kind.name, about, values)
    return await _propose_page(console, id, kind, form, effect_of(console.site, effect, values["currency"]))


async def _file_page(console: Console, id: str, form: Form) -> Page:
    file = await console.back_office.support_view.open(console.me, id)
    kinds, site = console.back_office.changes.kinds, console.site
    possible = await kinds.possible(customer(file.customer.number))
    return await console.page(
        "customer.html",
        "customers",
        form,
        level=level_name(site.render, file.level.name),
        kinds=[(kind.name, kind_name(site, kind.name)) for kind in possible],
        **await _shown(console, file, FIRST),
    )


async def _shown(console: Console, file: CustomerFile, ask: Ask) -> dict[str, Any]:
    """The file, and its two lists that are the console's own: changes and what was done."""
    site, requests = console.site, console.back_office.changes
    changes = await requests.of(customer(file.customer.number), ask, FEW)
    rows = [
        (e, action_name(site, e.action), short_details(site.render, e.details, requests.kinds))
        for e in file.entries.items
    ]
    return {
        "file": file,
        "entries": file.entries.of(rows),
        "changes": changes.of(
            [(one, kind_name(site, one.kind), change_text(requests.kinds, one, site.render)) for one in changes.items]
        ),
    }


async def _propose_page(
    console: Console, id: str, kind: Kind, form: Form, effect: tuple[str, str] | None = None
) -> Page:
    file = await console.back_office.support_view.open(console.me, id)
    choices = await kind.choices(customer(file.customer.number), console.site.render)
    return await console.page(
        "propose.html",
        "customers",
        form,
        file=file,
        kind=kind,
        name=kind_name(console.site, kind.name),
        level=level_name(console.site.render, file.level.name),
        effect=effect,
        **choices,
    )


def _kind(console: Console, name: str) -> Kind:
    kinds = console.back_office.changes.kinds.of(Role.CUSTOMER)
    found = next((kind for kind in kinds if kind.name == name), None)
    if found is None:
        raise NotFoundException
    return found


def _address(id: str) -> str:
    return f"/staff/customers/{id}"
