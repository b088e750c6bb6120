"""The real-name check: what each level allows, pictures of the document, and what came of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.exceptions import ClientException
from litestar.response import Redirect

from feiqian.auth.errors import DetailsInvalid
from feiqian.auth.model import Details
from feiqian.auth.pages.challenge import Page
from feiqian.auth.pages.words import contact, image_wrong, reasons_of
from feiqian.customers.registry import UNVERIFIED
from feiqian.ids import CustomerNumber
from feiqian.kyc.errors import ClaimMissing, ImageRefused, MrzInvalid, NumberInvalid
from feiqian.kyc.images import FILE_BYTES
from feiqian.kyc.model import Review
from feiqian.kyc.rules import FINAL
from feiqian.money import BY_NUMBER, Currency, MinorUnits, Money
from feiqian.onboarding.errors import AlreadyChecked, ChecksUsedUp
from feiqian.onboarding.pages.details import CN_ID, document_of, tell
from feiqian.policy.model import Level, Limits
from feiqian.runtime.uploads import Spool
from feiqian.web.forms import MULTIPART, Form, form_of, read_form
from feiqian.web.session import Customer, TheCustomer
from feiqian.web.site import Site, TheSite
from feiqian.workers.bodies import Parted, split_multipart
from feiqian.workers.frames import Refused
from feiqian.workers.process import JobKilled

PICTURES = ("front", "back")
UPLOAD_BYTES = len(PICTURES) * FILE_BYTES + 65_536
MEGABYTES = FILE_BYTES // (1024 * 1024)


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a level allows in the bank's currency, for the page's table."""

    level: Level
    here: bool
    limits: Limits | None
    currency: Currency

    def money(self, minor: MinorUnits) -> Money:
        return Money(minor, self.currency)


class IdentityPages(Controller):
    """`/identity`."""

    path = "/identity"

    @get("/")
    async def look(self, site: TheSite, signed_in: TheCustomer) -> Page:
        return await _page(site, signed_in, Form({"kind": CN_ID}))

    @post("/", status_code=303, request_max_body_size=UPLOAD_BYTES)
    async def check(self, site: TheSite, signed_in: TheCustomer, request: Request[Any, Any, State]) -> Page:
        if request.content_type[0] != MULTIPART:
            return await _checked(site, signed_in, await read_form(request), {})
        key = str(signed_in.subject)
        async with site.services.uploads.room(key) as spool:
            async for chunk in request.stream():
                await spool.write(chunk)
            form, pictures = await _split(site, request, spool, key)
            return await _checked(site, signed_in, form, pictures)


async def _checked(site: Site, signed_in: Customer, form: Form, pictures: dict[str, bytes]) -> Page:
    corrected = _corrected(site, form)
    if not pictures:
        form.wrong("front", site.render.texts("customer.images.missing"))
    if not form.good:
        return await _page(site, signed_in, form)
    try:
        await site.services.real_name.check_identity(signed_in.number, list(pictures.values()), corrected)
    except ImageRefused as error:
        form.wrong("" if error.place is None else list(pictures)[error.place], image_wrong(site, error))
    except (DetailsInvalid, NumberInvalid, MrzInvalid) as error:
        tell(site, form, error)
    except ClaimMissing:
        form.wrong("name", site.render.texts("customer.identity.claim.missing"))
    except ChecksUsedUp:
        form.wrong("", site.render.texts("customer.identity.tomorrow"))
    except AlreadyChecked:
        pass  # the page says how it stands
    return Redirect("/identity", status_code=303) if form.good else await _page(site, signed_in, form)


async def newest_review(site: Site, customer: CustomerNumber) -> Review | None:
    """The last check of the customer's identity."""
    found = await site.services.transactions.read(site.services.identity.of, customer, 1)
    return found[0] if found else None


async def _split(
    site: Site, request: Request[Any, Any, State], spool: Spool, key: str
) -> tuple[Form, dict[str, bytes]]:
    """The form's texts, and the pictures by their fields, taken apart by a worker. Raises ClientException."""
    boundary = request.content_type[1].get("boundary", "").encode()
    try:
        head, *files = await site.services.workers.run(split_multipart, [boundary, await spool.part()], key)
    except (Refused, JobKilled):
        raise ClientException("the form is malformed") from None
    parted = msgspec.json.decode(head, type=Parted)
    sent = dict(zip(parted.files, files, strict=True))
    return form_of(parted.texts), {name: sent[name] for name in PICTURES if sent.get(name)}


def _corrected(site: Site, form: Form) -> Details | None:
    """What is said anew of the document, if anything is."""
    if not (form["name"] or form["number"] or form["mrz"]):
        return None
    return document_of(site, form)


async def _page(site: Site, customer: Customer, form: Form) -> Page:
    review = await newest_review(site, customer.number)
    policy = site.services.policy
    standing = site.services.customers.standing(customer.number)
    currency = BY_NUMBER[policy.currency]
    used_up = standing == UNVERIFIED and await site.services.real_name.used_up(customer.number)
    return site.page(
        "onboarding/identity.html",
        ("customer.images.script.",),
        form=form,
        standing=standing,
        levels=[
            Allowed(level, level.number == standing, level.limits_in(policy.currency), currency)
            for level in policy.levels
        ],
        review=review,
        reasons=reasons_of(site, review.reasons) if review else [],
        again=not (used_up or (review and FINAL & set(review.reasons))),
        used_up=used_up,
        contact=contact(site),
        megabytes=MEGABYTES,
    )
