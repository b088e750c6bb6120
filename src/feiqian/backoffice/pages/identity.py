"""The identity queue: one review with pictures, claim and matches, and the reviewer's decision."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from feiqian.backoffice.errors import ReasonMissing
from feiqian.backoffice.reviews import Decision
from feiqian.kyc.errors import OwnClearance, ReviewOver
from feiqian.web.forms import Form, read_form

from .console import Console, Page, TheConsole, go
from .words import reason_text

DECISIONS: dict[str, Decision] = {"verified": "verified", "refused": "refused"}


class IdentityPages(Controller):
    """`/staff/identity`."""

    path = "/identity"

    @get("/")
    async def queue(self, console: TheConsole) -> Page:
        waiting = await console.back_office.reviews.waiting(console.me)
        rows = [(of, [reason_text(console.site, reason) for reason in of.review.reasons]) for of in waiting]
        return await console.page("identity.html", "identity", rows=rows)

    @get("/{id:str}")
    async def look(self, console: TheConsole, id: FromPath[str]) -> Page:
        return await _review_page(console, id, Form())

    @get("/{id:str}/pictures/{place:int}")
    async def picture(self, console: TheConsole, id: FromPath[str], place: FromPath[int]) -> Response[bytes]:
        picture = await console.back_office.reviews.picture(console.me, id, place)
        headers = {"Cache-Control": "no-store", "Content-Disposition": "inline"}
        return Response(picture, media_type="image/jpeg", headers=headers)

    @post("/{id:str}", status_code=303)
    async def decide(self, console: TheConsole, id: FromPath[str], request: Request[Any, Any, State]) -> Page:
        form = await read_form(request)
        outcome = DECISIONS.get(form["outcome"])
        if outcome is None:
            form.wrong("outcome", console.text("staff.identity.outcome.missing"))
        if not form["note"]:
            form.wrong("note", console.text("staff.why.missing"))
        if outcome is None or not form.good:
            return await _review_page(console, id, form)
        try:
            review = await console.back_office.reviews.decide(console.me, id, outcome, form["note"])
        except ReviewOver:
            form.wrong("", console.text("staff.identity.over"))
        except OwnClearance:
            form.wrong("", console.text("staff.identity.own"))
        except ReasonMissing:
            form.wrong("note", console.text("staff.why.reason"))
        else:
            return go("/staff/identity", "cleared" if review.waiting else "decided")
        return await _review_page(console, id, form)


async def _review_page(console: Console, id: str, form: Form) -> Page:
    if not id.isascii():
        raise NotFoundException
    file = await console.back_office.reviews.open(console.me, id)
    reasons = [reason_text(console.site, reason) for reason in file.review.reasons]
    return await console.page("review.html", "identity", form, file=file, review=file.review, reasons=reasons)
