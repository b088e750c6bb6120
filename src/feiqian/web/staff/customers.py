"""Customers as supporters see them: found, opened, frozen. Every look is in the trail before it is answered."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from feiqian.cases.errors import CaseInvalid
from feiqian.cases.model import Kind
from feiqian.money import BY_NUMBER, Money, MoneyInvalid, currency, parse
from feiqian.normal import comparison
from feiqian.staff.acts import CORRECTION_REASONS
from feiqian.staff.desk import CustomerFile
from feiqian.staff.errors import ChangeInvalid
from feiqian.staff.model import ChangeKind
from feiqian.subjects import customer

from ..forms import Form, read_form
from .console import Console, Page, TheConsole, go
from .words import action_name, change_text, effect_of, invalid_text, kind_name, level_name, short_details

PROPOSED = (
    ChangeKind.SET_LEVEL,
    ChangeKind.DAY_LIMIT,
    ChangeKind.ADJUST,
    ChangeKind.UNFREEZE,
    ChangeKind.RELEASE_LOCK,
)
FIELDS = {
    "amount": "amount",
    "sum": "amount",
    "wallet": "currency",
    "level": "level",
    "level_same": "level",
    "ceiling_one": "amount",
    "ceiling_day": "amount",
    "ceiling_customer": "amount",
    "limit_high": "amount",
    "why": "why",
}


class CustomerPages(Controller):
    """`/staff/customers`."""

    path = "/customers"

    @get("/")
    async def search(self, console: TheConsole, q: FromQuery[str] = "") -> Page:
        found = await console.office.desk.search(console.me, q)
        levels = [level_name(console.site, level.name) for level in console.office.parts.policy.levels]
        return await console.page("customers.html", "customers", q=q.strip(), found=found, levels=levels)

    @get("/{id:str}")
    async def look(self, console: TheConsole, id: FromPath[str]) -> Page:
        return await _file_page(console, id, Form())

    @post("/{id:str}/freeze", status_code=303)
    async def freeze(self, console: TheConsole, id: FromPath[str], request: Request[Any, Any, State]) -> Page:
        form = await read_form(request)
        if not form["why"]:
            form.wrong("why", console.text("staff.why.missing"))
            return await _file_page(console, id, form)
        await console.office.desk.freeze(console.me, id, form["why"])
        return go(_address(id), "frozen")

    @get("/{id:str}/case")
    async def case_form(self, console: TheConsole, id: FromPath[str]) -> Page:
        return await _case_page(console, id, Form())

    @post("/{id:str}/case", status_code=303)
    async def open_case(self, console: TheConsole, id: FromPath[str], request: Request[Any, Any, State]) -> Page:
        form = await read_form(request)
        if not form["text"]:
            form.wrong("text", console.text("staff.why.missing"))
            return await _case_page(console, id, form)
        try:
            case = await console.office.caseload.begin(console.me, id, form["kind"], form["text"])
        except CaseInvalid:
            form.wrong("text", console.text("staff.case.invalid"))
            return await _case_page(console, id, form)
        return go(f"/staff/cases/{case.id}", "case")

    @get("/{id:str}/propose/{kind:str}")
    async def propose_form(self, console: TheConsole, id: FromPath[str], kind: FromPath[str]) -> Page:
        return await _propose_page(console, id, _kind(kind), Form())

    @post("/{id:str}/propose/{kind:str}", status_code=303)
    async def propose(
        self, console: TheConsole, id: FromPath[str], kind: FromPath[str], request: Request[Any, Any, State]
    ) -> Page:
        form, chosen = await read_form(request), _kind(kind)
        file = await console.office.desk.open(console.me, id)
        about = customer(file.customer.number)
        try:
            values = _values(console, chosen, form)
            if form["act"] == "preview" and "currency" in values:
                effect = await console.office.changes.effect_of(chosen, about, values)
                return await _propose_page(
                    console, id, chosen, form, effect_of(console.site, effect, values["currency"])
                )
            change = await console.office.changes.propose(chosen, about, values, console.me, form["why"])
        except ChangeInvalid as error:
            form.wrong(FIELDS.get(error.reason, ""), invalid_text(console.site, error))
        except MoneyInvalid:
            form.wrong("amount", console.text("staff.amount.wrong"))
        else:
            return go(f"/staff/changes/{change.id}", "proposed")
        return await _propose_page(console, id, chosen, form)


async def _file_page(console: Console, id: str, form: Form) -> Page:
    file = await console.office.desk.open(console.me, id)
    changes = await console.office.changes.of(customer(file.customer.number), 10)
    site = console.site
    return await console.page(
        "customer.html",
        "customers",
        form,
        file=file,
        level=level_name(site, file.level.name),
        wallets=_wallets(file),
        payments=[(row, Money(row.amount, BY_NUMBER[row.currency])) for row in file.payments],
        merchants=_merchants(console, file),
        entries=[(e, action_name(site, e.action), short_details(e.details)) for e in file.entries],
        changes=[(change, kind_name(site, change.kind), change_text(site, change)) for change in changes],
        kinds=[(kind, kind_name(site, kind)) for kind in _possible(file)],
    )


def _wallets(file: CustomerFile) -> list[Money]:
    return [Money(wallet.balance, BY_NUMBER[wallet.currency]) for wallet in file.wallets]


def _merchants(console: Console, file: CustomerFile) -> dict[int, str]:
    found = {row.merchant: console.site.services.merchants.by_number(row.merchant) for row in file.payments}
    return {number: merchant.name if merchant else str(number) for number, merchant in found.items()}


def _possible(file: CustomerFile) -> list[ChangeKind]:
    """The changes that would make sense now."""
    here = {
        ChangeKind.DAY_LIMIT: bool(file.wallets),
        ChangeKind.ADJUST: bool(file.wallets),
        ChangeKind.UNFREEZE: file.profile is not None and file.profile.frozen,
        ChangeKind.RELEASE_LOCK: file.lock is not None,
    }
    return [kind for kind in PROPOSED if here.get(kind, True)]


async def _case_page(console: Console, id: str, form: Form) -> Page:
    file = await console.office.desk.open(console.me, id)
    kinds = [(kind.value, console.text(f"staff.case.kind.{kind}")) for kind in Kind]
    return await console.page("case_new.html", "customers", form, file=file, kinds=kinds)


async def _propose_page(
    console: Console, id: str, kind: ChangeKind, form: Form, effect: tuple[str, str] | None = None
) -> Page:
    file = await console.office.desk.open(console.me, id)
    levels = [
        (level.name, level_name(console.site, level.name))
        for level in console.office.parts.policy.levels
        if level.index != file.customer.level
    ]
    currencies = [(BY_NUMBER[wallet.currency].code,) * 2 for wallet in file.wallets]
    return await console.page(
        "propose.html",
        "customers",
        form,
        file=file,
        kind=kind.value,
        name=kind_name(console.site, kind),
        level=level_name(console.site, file.level.name),
        levels=levels,
        currencies=currencies,
        wallets=_wallets(file),
        effect=effect,
        categories=[(word, console.text(f"staff.correction.{word}")) for word in CORRECTION_REASONS],
    )


def _values(console: Console, kind: ChangeKind, form: Form) -> dict[str, object]:
    """The form as values of the change. Raises MoneyInvalid, ChangeInvalid."""
    if kind is ChangeKind.SET_LEVEL:
        return {"level": form["level"], "before": form["before"]}
    if kind is ChangeKind.UNFREEZE:
        return {"frozen_at": int(form["frozen_at"]) if form["frozen_at"].isdecimal() else 0}
    if kind is ChangeKind.RELEASE_LOCK:
        return {}
    unit = currency(form["currency"])
    amount = parse(comparison(form["amount"]).strip().replace(",", "."), unit).minor
    if kind is ChangeKind.DAY_LIMIT:
        return {"currency": unit.number, "amount": amount}
    signed = -amount if form["direction"] == "debit" else amount
    return {"currency": unit.number, "amount": signed} | ({"reason": form["reason"]} if form["reason"] else {})


def _kind(text: str) -> ChangeKind:
    if text not in PROPOSED:
        raise NotFoundException
    return ChangeKind(text)


def _address(id: str) -> str:
    return f"/staff/customers/{id}"
