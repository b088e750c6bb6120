"""`/scan`: what is scanned by camera, chosen as a picture or typed leads to a page of ours, or says why it does not."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import ClientException
from litestar.params import JSONBody
from litestar.response import Redirect

from feiqian.auth.pages.challenge import Page
from feiqian.scanning.pictures import MAX_FRAME_BYTES, MAX_PICTURE_BYTES, FrameInvalid, read_frame, read_upload
from feiqian.web.forms import MULTIPART, NOT_TAKEN, Form, read_form
from feiqian.web.scanned import ScanRefused
from feiqian.web.session import TheCustomer, customers_only
from feiqian.web.site import Site, TheSite

from .meaning import LONGEST, first_meaning, meaning_of

UPLOAD_BYTES = MAX_PICTURE_BYTES + 16_384
FIELDS = {"scanned": LONGEST + 1}  # one more, so that what is too long is refused
Asked = Request[Any, Any, State]


class Read(msgspec.Struct, forbid_unknown_fields=True):
    """What the browser itself has read. What is too long is cut there: it is refused anyway."""

    text: str


class ScanPages(Controller):
    """Only the text in a code comes here, or a picture, which is read and not kept."""

    path = "/scan"
    guards = (customers_only,)

    @get("/")
    async def look(self, site: TheSite) -> Page:
        return _page(site, Form())

    @post("/", status_code=303)
    async def typed(self, site: TheSite, request: Asked) -> Page:
        form = await read_form(request, FIELDS)
        try:
            return Redirect(meaning_of(site.services, form["scanned"]).path, status_code=303)
        except ScanRefused as error:
            form.wrong("scanned", _words(site, error.reason if form["scanned"] else "empty"))
            return _page(site, form)

    @post("/picture", status_code=303, request_max_body_size=UPLOAD_BYTES)
    async def picture(self, site: TheSite, signed_in: TheCustomer, request: Asked) -> Page:
        """A picture from the gallery, of a browser without scripts."""
        if request.content_type[0] != MULTIPART:
            raise ClientException("a form with a picture is expected")
        boundary, key = request.content_type[1].get("boundary", "").encode(), str(signed_in.subject)
        form = Form()
        async with site.services.uploads.room(key) as spool:
            async for chunk in request.stream():
                await spool.write(chunk)
            try:
                found = await read_upload(site.services.workers, boundary, await spool.part(), key)
            except FrameInvalid:
                form.wrong("picture", _words(site, "unreadable"))
                return _page(site, form)
        try:
            meaning = first_meaning(site.services, found)
        except ScanRefused as error:
            form.wrong("picture", _words(site, error.reason))
            return _page(site, form)
        if meaning is None:
            form.wrong("picture", _words(site, "no_code"))
            return _page(site, form)
        return Redirect(meaning.path, status_code=303)

    @post("/read", status_code=200)
    async def read(self, site: TheSite, signed_in: TheCustomer, data: JSONBody[Read]) -> dict[str, str]:
        """For the page's script, whose browser has read a code."""
        return _told(site, [data.text])

    @post("/frames", status_code=200, request_max_body_size=MAX_FRAME_BYTES)
    async def frame(self, site: TheSite, signed_in: TheCustomer, request: Asked) -> dict[str, str]:
        """For the page's script, whose browser reads no codes: a frame, or a picture made small."""
        try:
            found = await read_frame(site.services.workers, await request.body(), str(signed_in.subject))
        except FrameInvalid:
            return {"refused": "unreadable", "why": _words(site, "unreadable")}
        return _told(site, found)


def _told(site: Site, texts: list[str]) -> dict[str, str]:
    """`path`: where it leads; or `refused` and `why`; nothing where there was no code."""
    try:
        meaning = first_meaning(site.services, texts)
    except ScanRefused as error:
        return {"refused": error.reason, "why": _words(site, error.reason)}
    return {} if meaning is None else {"path": meaning.path}


def _words(site: Site, reason: str) -> str:
    return site.render.texts(f"scan.refused.{reason}")


def _page(site: Site, form: Form) -> Response[str]:
    status = None if form.good else NOT_TAKEN
    return site.page("scanning/scan.html", ("scan.script.",), status=status, form=form)
