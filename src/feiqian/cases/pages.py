"""Pages for staff: the cases that are open, one with its time line, and a new one."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from feiqian.backoffice.pages.console import Console, Page, TheConsole, go, not_there
from feiqian.cases.errors import CaseClosed, CaseInvalid, CaseNotFound
from feiqian.cases.model import Kind
from feiqian.cases.queues import CaseQueue
from feiqian.cases.service import MAX_TEXT
from feiqian.web.forms import Form, read_form


class CasePages(Controller):
    """`/staff/cases`."""

    path = "/cases"
    exception_handlers = {CaseNotFound: not_there}  # noqa: RUF012

    @get("/")
    async def queue(self, console: TheConsole) -> Page:
        page = await console.queue(CaseQueue).waiting(console.me, console.ask)
        return await console.page("cases/cases.html", "cases", page=page)

    @get("/{id:str}")
    async def look(self, console: TheConsole, id: FromPath[str]) -> Page:
        return await _case_page(console, id, Form())

    @post("/{id:str}", status_code=303)
    async def write(self, console: TheConsole, id: FromPath[str], request: Request[Any, Any, State]) -> Page:
        form, case_queue = await read_form(request), console.queue(CaseQueue)
        closes = form["act"] == "close"
        if not form["text"]:
            form.wrong("text", console.text("staff.why.missing"))
            return await _case_page(console, id, form)
        try:
            await (case_queue.close if closes else case_queue.note)(console.me, id, form["text"])
        except CaseClosed:
            form.wrong("", console.text("staff.case.closed_already"))
        except CaseInvalid:
            form.wrong("text", console.text("staff.case.invalid"))
        else:
            return go(f"/staff/cases/{id}", "closed" if closes else "noted")
        return await _case_page(console, id, form)


class NewCase(Controller):
    """`/staff/customers/{id}/case`."""

    path = "/customers/{id:str}/case"

    @get("/")
    async def case_form(self, console: TheConsole, id: FromPath[str]) -> Page:
        return await _new_page(console, id, Form())

    @post("/", status_code=303)
    async def open_case(self, console: TheConsole, id: FromPath[str], request: Request[Any, Any, State]) -> Page:
        form = await read_form(request)
        if not form["text"]:
            form.wrong("text", console.text("staff.why.missing"))
            return await _new_page(console, id, form)
        try:
            case = await console.queue(CaseQueue).begin(console.me, id, form["kind"], form["text"])
        except CaseInvalid:
            form.wrong("text", console.text("staff.case.invalid"))
            return await _new_page(console, id, form)
        return go(f"/staff/cases/{case.id}", "case")


async def _case_page(console: Console, id: str, form: Form) -> Page:
    found = await console.queue(CaseQueue).open(console.me, id)
    return await console.page("cases/case.html", "cases", form, case=found.case, customer=found.customer)


async def _new_page(console: Console, id: str, form: Form) -> Page:
    file = await console.back_office.support_view.open(console.me, id)
    kinds = [(kind.value, console.text(f"staff.case.kind.{kind}")) for kind in Kind]
    return await console.page("cases/case_new.html", "customers", form, file=file, kinds=kinds)


LONGEST = {"case": MAX_TEXT}
PAGES: list[ControllerRouterHandler] = []
STAFF_PAGES: list[ControllerRouterHandler] = [CasePages, NewCase]
