"""What a browser keeps so that it remembers an account: a token in a cookie that scripts cannot read, for 180 days."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response
from litestar.datastructures import Cookie, State

from feiqian.auth.errors import PreAuthFlowOver
from feiqian.clock import DAY, MICROSECONDS
from feiqian.quick.paying_errors import QuickPaymentNotFound, QuickPaymentOver
from feiqian.quick.remembered import DAYS, Remembered
from feiqian.web.kept import user_agent
from feiqian.web.site import Site

REMEMBER = "yes"  # of the field `remember` of a form
SECONDS = DAYS * DAY // MICROSECONDS
Asked = Request[Any, Any, State]
Answer = Response[Any]


def token_of(site: Site, request: Asked) -> str | None:
    return request.cookies.get(_name(site))


async def remembered_here(site: Site, request: Asked) -> Remembered | None:
    """What this browser remembers; a browser without the cookie costs no question to the database."""
    token = token_of(site, request)
    return await site.services.quick_devices.here(token) if token else None


async def remember(site: Site, request: Asked, id: str, challenge: str) -> Cookie | None:
    """For the answer that says that this quick payment was made; None if nothing is remembered."""
    try:
        token = await site.services.quick_payments.remember(id, challenge, token_of(site, request), user_agent(request))
    except (QuickPaymentNotFound, QuickPaymentOver, PreAuthFlowOver):
        return None
    return site.cookies.make(_name(site), token, SECONDS) if token else None


async def forget(site: Site, request: Asked, answer: Answer) -> Answer:
    """The answer, by which the browser remembers nothing any more."""
    await site.services.quick_devices.forget_here(token_of(site, request))
    answer.set_cookie(site.cookies.make(_name(site), "", 0))
    return answer


def _name(site: Site) -> str:
    return f"{site.cookies.session}-quick"
