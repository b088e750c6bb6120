"""How hard a new password is to guess, while it is typed: the server's own rules, asked by the page's script.

It is a hint; what is chosen is judged when it is sent. Few at once, because judging takes a processor's time.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.params import JSONBody

from feiqian.auth.challenges.errors import TooWeak
from feiqian.auth.challenges.strength import check_password
from feiqian.kyc.names import joined
from feiqian.web.kept import under_way
from feiqian.web.session import customer_of
from feiqian.web.site import TheSite
from feiqian.web.whose import FOR_ANYBODY

from .words import weakness

AT_ONCE = 2
Text = Annotated[str, msgspec.Meta(max_length=200)]


class Typed(msgspec.Struct, forbid_unknown_fields=True):
    """What has been typed, and what the same page knows of its user."""

    password: Text
    own: Annotated[list[Text], msgspec.Meta(max_length=8)] = []


class _Turns:
    """How many are being judged now."""

    now = 0


@post("/password-strength", status_code=200, opt=FOR_ANYBODY)  # it tells nothing of who chooses
async def strength(site: TheSite, request: Request[Any, Any, State], data: JSONBody[Typed]) -> Response[Any]:
    """Only for those who are choosing one: signed in, or with something under way."""
    if _Turns.now >= AT_ONCE or not (under_way(site, request) or await customer_of(request)):
        return Response({"strong": None, "text": ""})
    _Turns.now += 1
    try:
        own = [*data.own, *map(joined, data.own)]  # as it is written, and in Latin letters
        await site.services.work.heavy(check_password, site.services.policy.passwords, data.password, own)
    except TooWeak as error:
        return Response({"strong": False, "text": weakness(site, error)})
    finally:
        _Turns.now -= 1
    return Response({"strong": True, "text": site.render.texts("customer.strength.good")})
