"""Choosing an account, a period and a kind of file; the file itself. Forms ask with GET: nothing is changed."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from litestar import Controller, Request, Response, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromQuery

from feiqian.auth.pages.challenge import Page
from feiqian.deposits.errors import AccountNotFound
from feiqian.deposits.pages.places import name_of, place_of
from feiqian.statements.errors import PeriodInvalid, RecordIncomplete, TooManyEntries
from feiqian.statements.model import Format
from feiqian.statements.periods import Period, days_of, lately, period_of, quarter_of
from feiqian.statements.service import Which
from feiqian.web.forms import Form, form_of
from feiqian.web.session import Customer, TheCustomer
from feiqian.web.site import Site, TheSite

FIELDS = ("account", "period", "first", "last", "format")
YEARS = 5


class StatementPages(Controller):
    """`/statements`."""

    path = "/statements"

    @get("/")
    async def ask(self, site: TheSite, signed_in: TheCustomer, account: FromQuery[str] = "") -> Page:
        return await _form(site, signed_in, Form({"account": account[:64]}))

    @get("/file")
    async def file(self, site: TheSite, signed_in: TheCustomer, request: Request[Any, Any, State]) -> Response[Any]:
        asked = request.query_params
        form = form_of({name: str(asked.get(name, ""))[:64] for name in FIELDS})
        place = place_of(site.services, form["account"] or "wallet")
        period, format = _period(site, form), _format(form)
        if period is None:
            return await _form(site, signed_in, form)
        which = Which(place.id, place.currency.number, period)
        try:
            made = await site.services.statement_files.file(signed_in.number, which, format, site.language)
        except AccountNotFound:
            raise NotFoundException from None
        except PeriodInvalid as error:
            form.wrong("first" if form["first"] or form["last"] else "period", _why(site, error))
        except TooManyEntries as error:
            form.wrong("period", site.render.texts("statements.wrong.many", entries=error.entries, most=error.most))
        except RecordIncomplete:
            form.wrong("", site.render.texts("statements.wrong.incomplete"))
        else:
            headers = {"Content-Disposition": f'attachment; filename="{made.name}"', "Cache-Control": "no-store"}
            plain = made.media_type.partition(";")[0]  # the framework says the charset of texts
            return Response(made.content, media_type=plain, headers=headers)
        return await _form(site, signed_in, form)


def _period(site: Site, form: Form) -> Period | None:
    """What was asked for; days before a month, a quarter or a year. None: it cannot be read, which the form says."""
    try:
        if form["first"] or form["last"]:
            return days_of(form["first"], form["last"])
        return period_of(form["period"] or lately(site.services.statement_files.today)[0])
    except PeriodInvalid as error:
        form.wrong("first" if form["first"] or form["last"] else "period", _why(site, error))
        return None


def _format(form: Form) -> Format:
    return Format(form["format"]) if form["format"] in set(Format) else Format.PDF


def _why(site: Site, error: PeriodInvalid) -> str:
    return site.render.texts(f"statements.wrong.{error.reason}")


async def _form(site: Site, signed_in: Customer, form: Form) -> Page:
    holdings = await site.services.statements.holdings(signed_in.number, closed=True)
    named = [(name_of(one.id, one.currency), one) for one in holdings]
    return site.page("statements/choose.html", form=form, holdings=named, periods=_periods(site), formats=list(Format))


def _periods(site: Site) -> list[tuple[str, list[tuple[str, str]]]]:
    """What is mostly asked for, in groups: months, quarters, years; the newest first."""
    today, formats = site.services.statement_files.today, site.render.formats
    months = lately(today)
    quarters = list(dict.fromkeys(f"{m[:4]}-Q{quarter_of(period_of(m).first)}" for m in months))
    years = [str(today.year - back) for back in range(YEARS)]
    return [
        ("month", [(month, formats.month(datetime.combine(period_of(month).first, time()))) for month in months]),
        (
            "quarters",
            [(one, site.render.texts("statements.quarter", quarter=one[-1], year=one[:4])) for one in quarters],
        ),
        ("year", [(year, year) for year in years]),
    ]
