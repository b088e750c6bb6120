"""Which language a page speaks: the customer's choice, else the one chosen in this browser, else the browser's wish."""

from __future__ import annotations

from typing import Any

from litestar import Request, post
from litestar.datastructures import State
from litestar.exceptions import ValidationException
from litestar.response import Redirect

from feiqian.subjects import Role
from feiqian.texts import LANGUAGES, language_for

from .forms import read_form
from .session import Connection, customer_of, found_already, own_path
from .site import TheSite


def language_of(connection: Connection) -> str:
    """One of LANGUAGES. The session, if it has been looked up, tells the customer's choice."""
    customer = found_already(connection, Role.CUSTOMER)
    cookie = connection.cookies.get(connection.app.state.site.cookies.language, "")
    for chosen in (customer.session.language if customer is not None else "", cookie):
        if chosen in LANGUAGES:
            return chosen
    return language_for(", ".join(connection.headers.getall("accept-language", [])))


@post("/language", status_code=303)
async def change_language(site: TheSite, request: Request[Any, Any, State]) -> Redirect:
    """The switch at the foot of every page; for a customer, the choice also holds for messages."""
    form = await read_form(request)
    language = form["language"]
    if language not in LANGUAGES:
        raise ValidationException("no such language")
    customer = await customer_of(request)
    if customer is not None:
        await site.services.changing.change_language(customer.session, language)
    return Redirect(own_path(form["next"]), status_code=303, cookies=[site.cookies.spoken(language)])
