"""The switch by which a customer is told on this phone, as scripts use it, and the worker that shows what is pushed.

The worker's file is served outside `/static`, because a worker is of all pages below its path, and by one address for
ever, because browsers ask there whether there is a newer one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException

from feiqian.auth.errors import DetailsInvalid
from feiqian.notify.push_subscription import LONGEST, LONGEST_ENDPOINT
from feiqian.web import assets
from feiqian.web.forms import NOT_TAKEN, read_form
from feiqian.web.session import Customer, TheCustomer
from feiqian.web.site import Site, TheSite
from feiqian.web.whose import FOR_ANYBODY

WORKER = "js/service-worker.js"
FIELDS = {"subscription": LONGEST + 1, "old": LONGEST_ENDPOINT + 1}  # one more, so that what is too long is refused
Asked = Request[Any, Any, State]
Told = Response[dict[str, str]]


class PushShown(NamedTuple):
    """For `auth/parts/push.html`. `key`: what browsers subscribe with; `mark`: of the address that is told, "" if none
    of this device's is."""

    key: str
    mark: str


async def push_shown(site: Site, signed_in: Customer) -> PushShown | None:
    """None where this bank pushes nothing."""
    key = site.services.notify.push_key
    return PushShown(key, await site.services.push_switch.mark(signed_in.session)) if key else None


@get("/service-worker.js", include_in_schema=False, sync_to_thread=False)
def service_worker() -> Response[bytes]:
    """Asked anew each time; that it is of the whole site follows from its path."""
    headers = {"Cache-Control": "no-cache"}
    return Response(assets.content(WORKER), media_type=assets.TYPES[".js"], headers=headers)


@post("/push/on", status_code=200)
async def switch_on(site: TheSite, signed_in: TheCustomer, request: Asked) -> Told:
    """This device is told from now on; told again, it changes nothing."""
    if not site.services.notify.push_key:
        raise NotFoundException
    form = await read_form(request, FIELDS)
    try:
        await site.services.push_switch.switch_on(signed_in.session, form["subscription"])
    except DetailsInvalid:
        return Response({"push": "refused"}, status_code=NOT_TAKEN)
    return Response({"push": "on"})


@post("/push/off", status_code=200)
async def switch_off(site: TheSite, signed_in: TheCustomer) -> Told:
    await site.services.push_switch.switch_off(signed_in.session)
    return Response({"push": "off"})


@post("/push/renew", status_code=200, opt=FOR_ANYBODY)
async def renew(site: TheSite, request: Asked) -> Told:
    """The worker tells that its browser has another address; nobody need be signed in, the old address is the proof."""
    form = await read_form(request, FIELDS)
    try:
        found = await site.services.push_switch.renew(form["old"], form["subscription"])
    except DetailsInvalid:
        found = False
    return Response({"push": "on"}) if found else Response({"push": "refused"}, status_code=NOT_TAKEN)


PUSH = (service_worker, switch_on, switch_off, renew)
