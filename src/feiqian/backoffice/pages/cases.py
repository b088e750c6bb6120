"""Cases: those that are open, and one with its time line."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.params import FromPath

from feiqian.cases.errors import CaseClosed, CaseInvalid
from feiqian.web.forms import Form, read_form

from .console import Console, Page, TheConsole, go


class CasePages(Controller):
    """`/staff/cases`."""

    path = "/cases"

    @get("/")
    async def queue(self, console: TheConsole) -> Page:
        cases = await console.back_office.case_queue.waiting(console.me)
        return await console.page("cases.html", "cases", cases=cases)

    @get("/{id:str}")
    async def look(self, console: TheConsole, id: FromPath[str]) -> Page:
        return await _case_page(console, id, Form())

    @post("/{id:str}", status_code=303)
    async def write(self, console: TheConsole, id: FromPath[str], request: Request[Any, Any, State]) -> Page:
        form, case_queue = await read_form(request), console.back_office.case_queue
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


async def _case_page(console: Console, id: str, form: Form) -> Page:
    found = await console.back_office.case_queue.open(console.me, id)
    return await console.page("case.html", "cases", form, case=found.case, customer=found.customer)
