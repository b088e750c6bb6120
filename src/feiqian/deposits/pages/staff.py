"""Pages for staff: the whole number of an account, and freezing one at once, each for who says why.

Every look is in the audit log first.
"""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.params import FromPath

from feiqian.backoffice.change_requests import MAX_WHY
from feiqian.backoffice.members import require
from feiqian.backoffice.model import StaffRole
from feiqian.backoffice.names import masked_query
from feiqian.backoffice.pages.console import Console, Page, TheConsole, go, not_there
from feiqian.backoffice.reasons import is_reason
from feiqian.deposits.errors import AccountInvalid, AccountNotFound
from feiqian.deposits.model import AccountState
from feiqian.web.forms import Form, read_form


class NumberPages(Controller):
    """`/staff/deposits/{id}/number`."""

    path = "/deposits/{id:str}/number"
    exception_handlers = {AccountNotFound: not_there}  # noqa: RUF012

    @get("/")
    async def ask(self, console: TheConsole, id: FromPath[str]) -> Page:
        return await _number_page(console, id, Form())

    @post("/", status_code=200)
    async def show(self, console: TheConsole, id: FromPath[str], request: Request[Any, Any, State]) -> Page:
        form, services = await read_form(request), console.site.services
        require(console.me, StaffRole.SUPPORTER)
        if not is_reason(form["why"]):
            form.wrong("why", console.text("staff.change.invalid.why"))
            return await _number_page(console, id, form)
        number = await services.deposits.look_at_number(id, console.me.subject, masked_query(form["why"]))
        return await _number_page(console, id, form, number)


class FreezePages(Controller):
    """`/staff/deposits/{id}/freeze`: one suffices, as for all that a customer has; releasing takes two."""

    path = "/deposits/{id:str}/freeze"
    exception_handlers = {AccountNotFound: not_there}  # noqa: RUF012

    @get("/")
    async def ask(self, console: TheConsole, id: FromPath[str]) -> Page:
        return await _freeze_page(console, id, Form())

    @post("/", status_code=303)
    async def freeze(self, console: TheConsole, id: FromPath[str], request: Request[Any, Any, State]) -> Page:
        form, services = await read_form(request), console.site.services
        require(console.me, StaffRole.SUPPORTER)
        if not form["why"]:
            form.wrong("why", console.text("staff.why.missing"))
            return await _freeze_page(console, id, form)
        why = masked_query(form["why"].strip()[:MAX_WHY])
        try:
            await services.account_states.put(id, AccountState.FROZEN, console.me.subject, why)
        except AccountInvalid:
            form.wrong("", console.text("staff.change.invalid.account_state"))
            return await _freeze_page(console, id, form)
        account = await services.transactions.read(services.deposits.get, id)
        holder = await services.transactions.read(services.customers.by_number, account.customer)
        return go(f"/staff/customers/{holder.id if holder else ''}", "account_frozen")


async def _freeze_page(console: Console, id: str, form: Form) -> Page:
    require(console.me, StaffRole.SUPPORTER)
    services = console.site.services
    account = await services.transactions.read(services.deposits.get, id)
    holder = await services.transactions.read(services.customers.by_number, account.customer)
    return await console.page("deposits/freeze.html", "customers", form, account=account, holder=holder)


async def _number_page(console: Console, id: str, form: Form, number: str = "") -> Page:
    """`number`: the whole one, once it was asked for."""
    require(console.me, StaffRole.SUPPORTER)
    services = console.site.services
    account = await services.transactions.read(services.deposits.get, id)
    holder = await services.transactions.read(services.customers.by_number, account.customer)
    shown = {"account": account, "holder": holder, "number": number}
    return await console.page("deposits/number.html", "customers", form, **shown)
