"""`/activity/{id}`: the receipt of one movement, and what its customer adds: a note, a report, a code to give away."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from feiqian.activity.codes import grouped
from feiqian.activity.errors import MovementNotFound, NoteInvalid, ReportInvalid, TooManyReports
from feiqian.activity.matching import state_of
from feiqian.activity.model import Receipt
from feiqian.activity.reports import Problem
from feiqian.auth.pages.challenge import Page
from feiqian.web.forms import Form, read_form
from feiqian.web.session import Customer, TheCustomer
from feiqian.web.site import Site, TheSite

from .activity import names_of, own_places
from .paper import Paper, print_receipt, told_to_staff


class ReceiptPages(Controller):
    """`/activity/{id}`."""

    path = "/activity/{id:str}"

    @get("/")
    async def look(self, site: TheSite, signed_in: TheCustomer, id: FromPath[str], said: FromQuery[str] = "") -> Page:
        receipt = await _receipt(site, signed_in, id)
        if receipt.movement.id != id:
            return Redirect(f"/activity/{receipt.movement.id}", status_code=303)
        return await _page(site, signed_in, receipt, Form(), said)

    @get("/receipt.pdf")
    async def pdf(self, site: TheSite, signed_in: TheCustomer, id: FromPath[str]) -> Response[bytes]:
        receipt = await _receipt(site, signed_in, id)
        if not receipt.movement.moved:
            raise NotFoundException
        code = await site.services.public_receipts.give(signed_in.number, receipt.movement)
        names = names_of(await own_places(site.services, signed_in.number))
        paper = Paper(site.render.texts, site.render.formats, names, grouped(code))
        made = await print_receipt(site.services, signed_in.number, receipt, paper)
        named = {"Content-Disposition": f'attachment; filename="receipt-{receipt.movement.id}.pdf"'}
        return Response(made, media_type="application/pdf", headers=named)

    @post("/note", status_code=303)
    async def note(
        self, site: TheSite, signed_in: TheCustomer, id: FromPath[str], request: Request[Any, Any, State]
    ) -> Page:
        form, receipt = await read_form(request), await _receipt(site, signed_in, id)
        try:
            await site.services.movement_notes.put(signed_in.number, receipt.movement.id, form["remark"])
        except NoteInvalid:
            form.wrong("remark", site.render.texts("activity.note.wrong"))
            return await _page(site, signed_in, receipt, form)
        return Redirect(f"/activity/{receipt.movement.id}?said=noted", status_code=303)

    @post("/share", status_code=303)
    async def share(self, site: TheSite, signed_in: TheCustomer, id: FromPath[str]) -> Page:
        receipt = await _receipt(site, signed_in, id)
        try:
            await site.services.public_receipts.give(signed_in.number, receipt.movement)
        except MovementNotFound:
            raise NotFoundException from None
        return Redirect(f"/activity/{receipt.movement.id}?said=shared", status_code=303)

    @get("/problem")
    async def ask(self, site: TheSite, signed_in: TheCustomer, id: FromPath[str]) -> Page:
        return await _problem_page(site, signed_in, await _receipt(site, signed_in, id), Form())

    @post("/problem", status_code=303)
    async def report(
        self, site: TheSite, signed_in: TheCustomer, id: FromPath[str], request: Request[Any, Any, State]
    ) -> Page:
        form, receipt = await read_form(request), await _receipt(site, signed_in, id)
        texts = site.render.texts
        if form["problem"] not in tuple(Problem):
            form.wrong("problem", texts("activity.problem.missing"))
            return await _problem_page(site, signed_in, receipt, form)
        problem = Problem(form["problem"])
        names = names_of(await own_places(site.services, signed_in.number))
        known = told_to_staff(receipt, problem, Paper(texts, site.render.formats, names))
        reports, movement = site.services.movement_reports, receipt.movement.id
        try:
            await reports.report(signed_in.number, movement, problem, known, form["text"])
        except ReportInvalid:
            form.wrong("text", texts("activity.problem.text.wrong"))
        except TooManyReports:
            form.wrong("", texts("activity.problem.too_many"))
        else:
            return Redirect(f"/activity/{movement}?said=reported", status_code=303)
        return await _problem_page(site, signed_in, receipt, form)


async def _receipt(site: Site, signed_in: Customer, id: str) -> Receipt:
    """Raises NotFoundException."""
    try:
        return await site.services.activity.receipt(signed_in.number, id)
    except MovementNotFound:
        raise NotFoundException from None


async def _page(site: Site, signed_in: Customer, receipt: Receipt, form: Form, said: str = "") -> Page:
    services, customer, it = site.services, signed_in.number, receipt.movement
    notes = await services.movement_notes.of(customer, [it.id])
    return site.page(
        "activity/receipt.html",
        form=form,
        it=it,
        details=receipt.details,
        state=state_of(it.described.status),
        names=names_of(await own_places(services, customer)),
        note=notes.get(it.id, ""),
        case=await services.movement_reports.of(customer, it.id),
        code=grouped(await services.public_receipts.given(customer, it)),
        address=f"{services.settings.public_origin}/receipts/",
        said=said,
    )


async def _problem_page(site: Site, signed_in: Customer, receipt: Receipt, form: Form) -> Page:
    names = names_of(await own_places(site.services, signed_in.number))
    problems = [problem.value for problem in Problem]
    return site.page("activity/problem.html", form=form, it=receipt.movement, names=names, problems=problems)
