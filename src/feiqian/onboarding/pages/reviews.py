"""Pages for staff: identities to decide, one review with pictures, claim and matches, and the decision."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect

from feiqian.auth.challenges.errors import FactorNotEnrolled
from feiqian.auth.challenges.model import ChallengeView
from feiqian.auth.pages.steps import Step, challenge_pages
from feiqian.backoffice.errors import ReasonMissing
from feiqian.backoffice.pages.console import Console, Page, TheConsole, go, not_there
from feiqian.backoffice.pages.fresh import kept_flow
from feiqian.backoffice.pages.words import plain
from feiqian.kyc.errors import DocumentTaken, IdentityError, OwnClearance, ReviewNotFound, ReviewOver
from feiqian.kyc.model import Claim
from feiqian.kyc.mrz import Mrz, parse_mrz
from feiqian.onboarding.queues import Decision, Reviews
from feiqian.subjects import Role
from feiqian.web.forms import Form, read_form
from feiqian.web.kept import forget, keep

DECISIONS: dict[str, Decision] = {"verified": "verified", "refused": "refused"}
KIND = "staff-verify"
WHY: dict[type[Exception], str] = {  # the first that fits
    DocumentTaken: "staff.identity.taken",
    ReviewOver: "staff.identity.over",
    OwnClearance: "staff.identity.own",
    FactorNotEnrolled: "staff.change.no_factor",
}
REFUSED: tuple[type[Exception], ...] = (*WHY, ReasonMissing)


class ReviewPages(Controller):
    """`/staff/identity`."""

    path = "/identity"
    exception_handlers = {ReviewNotFound: not_there}  # noqa: RUF012

    @get("/")
    async def queue(self, console: TheConsole) -> Page:
        page = await console.queue(Reviews).waiting(console.me, console.ask)
        rows = [(of, [_reason_text(console, reason) for reason in of.review.reasons]) for of in page.items]
        return await console.page("onboarding/reviews.html", "identity", rows=rows, page=page)

    @get("/{id:str}")
    async def look(self, console: TheConsole, id: FromPath[str]) -> Page:
        return await _review_page(console, id, Form())

    @get("/{id:str}/pictures/{place:int}")
    async def picture(self, console: TheConsole, id: FromPath[str], place: FromPath[int]) -> Response[bytes]:
        picture = await console.queue(Reviews).picture(console.me, id, place)
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
            if outcome == "verified":
                return await _begin(console, id, form["note"])
            return await _decided(console, id, outcome, form["note"])
        except REFUSED as error:
            return await _refused(console, id, form, error)


async def _confirming(console: TheConsole, id: FromPath[str], request: Request[Any, Any, State]) -> Step | Redirect:
    """The challenge of who verifies."""
    address = f"/staff/identity/{id}"
    found = kept_flow(console, request, KIND, address, "verify", id, 1)
    if found is None:
        return go(address)
    flow, (note,) = found

    async def finish(view: ChallengeView) -> Page:
        try:
            return await _decided(console, id, "verified", note, view.id)
        except REFUSED as error:
            return await _refused(console, id, Form({"outcome": "verified", "note": note}), error)

    return Step(flow, finish)


VERIFY = challenge_pages("/identity/{id:str}/verify", _confirming, (Role.STAFF,))


async def _begin(console: Console, id: str, note: str) -> Page:
    """To the challenge; the note is kept by the browser meanwhile."""
    reviews, session = console.queue(Reviews), console.who.session
    view = await reviews.confirm(console.me, id, note, console.site.language, session.device)
    cookie = keep(console.site, KIND, view.id, id, note.strip())
    return Redirect(f"/staff/identity/{id}/verify", status_code=303, cookies=[cookie])


async def _decided(console: Console, id: str, outcome: Decision, note: str, challenge: str = "") -> Page:
    review = await console.queue(Reviews).decide(console.me, id, outcome, note, challenge)
    there = go("/staff/identity", "cleared" if review.waiting else "decided")
    there.cookies.append(forget(console.site))
    return there


async def _refused(console: Console, id: str, form: Form, error: Exception) -> Page:
    """The review's page, which says why nothing was decided."""
    if isinstance(error, ReasonMissing):
        form.wrong("note", console.text("staff.why.reason"))
    else:
        form.wrong("", console.text(next(why for kind, why in WHY.items() if isinstance(error, kind))))
    return await _review_page(console, id, form)


async def _review_page(console: Console, id: str, form: Form) -> Page:
    if not id.isascii():
        raise NotFoundException
    file = await console.queue(Reviews).open(console.me, id)
    reasons = [_reason_text(console, reason) for reason in file.review.reasons]
    return await console.page(
        "onboarding/review.html",
        "identity",
        form,
        file=file,
        review=file.review,
        reasons=reasons,
        read=_read(console, file.claim),
    )


def _read(console: Console, claim: Claim | None) -> Mrz | None:
    """What the machine-readable lines say, for whoever compares; None of lines that cannot be right."""
    formats, clock = console.site.render.formats, console.site.services.clock
    try:
        return parse_mrz(claim.mrz, formats.local(clock.now()).date()) if claim and claim.mrz else None
    except IdentityError:
        return None


def _reason_text(console: Console, reason: str) -> str:
    """Why an identity could not be decided without staff."""
    return console.site.render.texts.catalogue.get(f"staff.reason.{reason}") or plain(reason)
