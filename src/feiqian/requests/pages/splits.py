"""`/splits`: bills that somebody has split, a new one, and who has paid."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from feiqian.auth.pages.challenge import Page
from feiqian.clock import DAY
from feiqian.money import BY_NUMBER, Currency, MinorUnits, Money
from feiqian.requests.errors import RemindedToday, RequestNotFound, RequestOver
from feiqian.requests.model import MOST_PEOPLE, Bill, How, Person, Split
from feiqian.runtime.paging import Ask
from feiqian.web.forms import NOT_TAKEN, Form, read_form
from feiqian.web.session import TheCustomer
from feiqian.web.site import Site, TheSite

from .shown import NOT_ASKED, new_number, own_currency, say, seen, typed

HOME = "/splits"
_ROWS, _MORE = 3, 3
_SAID = ("made", "reminded", "too_soon", "over")
_FIRST_PERSON = "person-1"
_OF_FORM = {"note": "message", "shares": "", "people": _FIRST_PERSON}
Sent = Request[Any, Any, State]


class SplitPages(Controller):
    """The form has a row for each person; one of its buttons shows more rows, without a script."""

    path = HOME

    @get("/")
    async def look(
        self, site: TheSite, signed_in: TheCustomer, before: FromQuery[str] = "", after: FromQuery[str] = ""
    ) -> Page:
        page = await site.services.splits.of(signed_in.number, Ask(before, after))
        return site.page("requests/splits.html", page=page, rows=[_sums(one) for one in page.items])

    @get("/new")
    async def ask(self, site: TheSite, signed_in: TheCustomer) -> Page:
        return _new(site, Form({"mine": "yes", "how": How.EQUAL.value}), _ROWS)

    @post("/new", status_code=303)
    async def make(self, site: TheSite, signed_in: TheCustomer, request: Sent) -> Page:
        form = await read_form(request)
        rows = _rows(form)
        if form["more"]:
            return _new(site, form, min(rows + _MORE, MOST_PEOPLE), 200)
        bill = _bill(site, form, rows)
        if form.errors:
            return _new(site, form, rows)
        try:
            made = await site.services.splits.make(signed_in.number, bill)
        except NOT_ASKED as error:
            say(site, form, error, _OF_FORM)
            return _new(site, form, rows)
        return Redirect(f"{HOME}/{made.id}?said=made", status_code=303)

    @get("/{id:str}")
    async def one(self, site: TheSite, signed_in: TheCustomer, id: FromPath[str], said: FromQuery[str] = "") -> Page:
        try:
            found = await site.services.splits.get(signed_in.number, id)
        except RequestNotFound:
            raise NotFoundException from None
        parts = [seen(part.request, signed_in.number) for part in found.parts if part.request is not None]
        own = next((Money(one.amount, _currency(found)) for one in found.parts if one.request is None), None)
        told = (max(one.asked_at, one.reminded_at) for one in found.waiting)
        values = _sums(found) | {"parts": parts, "own": own, "said": said if said in _SAID else ""}
        can_remind = any(at + DAY <= site.services.clock.now() for at in told)
        return site.page("requests/split.html", **values, can_remind=can_remind)

    @post("/{id:str}/remind", status_code=303)
    async def remind(self, site: TheSite, signed_in: TheCustomer, id: FromPath[str]) -> Page:
        said = "reminded"
        try:
            await site.services.splits.remind(signed_in.number, id)
        except RequestNotFound:
            raise NotFoundException from None
        except RemindedToday:
            said = "too_soon"
        except RequestOver:
            said = "over"
        return Redirect(f"{HOME}/{id}?said={said}", status_code=303)


def _bill(site: Site, form: Form, rows: int) -> Bill:
    """What the form asks for, which says what is wrong with it."""
    currency = own_currency(site)
    how = How(form["how"]) if form["how"] in list(How) else How.EQUAL
    total = typed(site, form, "total", currency)
    named = [row for row in range(1, rows + 1) if form[f"person-{row}"]]
    if not named:
        form.wrong(_FIRST_PERSON, site.render.texts("requests.wrong.people"))
    people = tuple(Person(form[f"person-{row}"], _share(site, form, row, how, currency)) for row in named)
    mine = _share(site, form, 0, how, currency) if form["mine"] else None
    row = int(form["remainder"]) if form["remainder"].isdecimal() and len(form["remainder"]) < 3 else 0
    remainder = named.index(row) + 1 if row in named else 0
    if how is not How.EXACT and not remainder and mine is None and named:
        remainder = 1  # who has no part pays no rest
    return Bill(new_number(form), total, currency.number, how, people, mine, remainder, form["message"])


def _share(site: Site, form: Form, row: int, how: How, currency: Currency) -> int:
    name = f"share-{row}"
    if how is How.EXACT:
        return typed(site, form, name, currency)
    if how is How.EQUAL or not form[name]:
        return 1
    if form[name].isdecimal() and len(form[name]) < 5:
        return int(form[name])
    form.wrong(name, site.render.texts("requests.wrong.share"))
    return 1


def _rows(form: Form) -> int:
    wanted = form["rows"]
    return max(_ROWS, min(int(wanted), MOST_PEOPLE)) if wanted.isdecimal() and len(wanted) < 3 else _ROWS


def _new(site: Site, form: Form, rows: int, status: int = 0) -> Page:
    status = status or (NOT_TAKEN if form.errors else 200)
    values: dict[str, Any] = {
        "form": form,
        "rows": rows,
        "most": MOST_PEOPLE,
        "number": new_number(form),
    }
    return site.page("requests/split_new.html", status=status, ways=list(How), **values)


def _currency(split: Split) -> Currency:
    return BY_NUMBER[split.currency]


def _sums(split: Split) -> dict[str, Any]:
    currency = _currency(split)
    return {"it": split, "total": Money(split.total, currency), "paid": Money(MinorUnits(split.paid), currency)}
