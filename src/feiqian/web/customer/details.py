"""What somebody says of themselves in a form: document, name, e-mail; checked here only as far as typing goes wrong."""

from __future__ import annotations

import re
from datetime import date

from feiqian.customers.errors import DetailsInvalid
from feiqian.customers.model import Details
from feiqian.customers.tables import NAME_LENGTH
from feiqian.identity.errors import MrzInvalid, NumberInvalid
from feiqian.identity.mrz import LINE_LENGTH, compact_zone, parse_mrz
from feiqian.identity.numbers import chinese_identity
from feiqian.typed import compact

from ..forms import Form
from ..site import Site
from .words import details_wrong, mrz_wrong, number_wrong

CN_ID, PASSPORT = "cn_id", "passport"
EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@]{1,185}\.[^\s@.]{2,63}")
FIELDS = {"number": "number", "mrz": "mrz", "name": "name", "birth": "number", "email": "email", "country": "mrz"}
SECRETS = {"password": "password", "pin": "pin"}


def document_of(site: Site, form: Form) -> Details | None:
    """Document and name as typed, without secrets; None if something is wrong, and the form says what."""
    kind = PASSPORT if form["kind"] == PASSPORT else CN_ID
    name = " ".join(form["name"].split())
    if not name or len(name) > NAME_LENGTH:
        form.wrong("name", site.render.texts("customer.details.name.missing"))
    number, mrz, birth = _number(site, form) if kind == CN_ID else _zone(site, form)
    email = form["email"]
    if email and not EMAIL.fullmatch(email):
        form.wrong("email", site.render.texts("customer.details.email.wrong"))
    return Details(name, kind, "", "", number, mrz, birth, "", email) if form.good else None


def secrets_of(site: Site, form: Form) -> tuple[str, str]:
    """Password and PIN, each as typed; the form says if one is missing or the PIN was typed in two ways."""
    t = site.render.texts
    if not form.raw("password"):
        form.wrong("password", t("customer.password.missing"))
    return form.raw("password"), pin_of(site, form)


def pin_of(site: Site, form: Form) -> str:
    """A new PIN, typed twice."""
    t, pin = site.render.texts, compact(form["pin"])
    if not re.fullmatch("[0-9]{6}", pin, re.ASCII):
        form.wrong("pin", t("weak.not_six_digits"))
    elif compact(form["again"]) != pin:
        form.wrong("again", t("customer.pin.differs"))
    return pin


def tell(site: Site, form: Form, error: DetailsInvalid | NumberInvalid | MrzInvalid) -> None:
    """Says at the field what the bank finds wrong with what was typed."""
    if isinstance(error, DetailsInvalid):
        passport = form["kind"] == PASSPORT
        field = "mrz" if passport and error.field in ("number", "birth") else FIELDS.get(error.field, error.field)
        form.wrong(field if field in {*FIELDS.values(), *SECRETS} else "", details_wrong(site, error))
    elif isinstance(error, NumberInvalid):
        form.wrong("number", number_wrong(site, error))
    else:
        form.wrong("mrz", mrz_wrong(site, error))


def _number(site: Site, form: Form) -> tuple[str, str, date | None]:
    try:
        said = chinese_identity(form["number"], _today(site))
    except NumberInvalid as error:
        form.wrong("number", number_wrong(site, error))
        return "", "", None
    return said.number, "", said.birth


def _zone(site: Site, form: Form) -> tuple[str, str, date | None]:
    typed = compact_zone(form["mrz"])
    try:
        said = parse_mrz(typed, _today(site))
    except MrzInvalid as error:
        form.wrong("mrz", mrz_wrong(site, error))
        return "", "", None
    return "", f"{typed[:LINE_LENGTH]}\n{typed[LINE_LENGTH:]}", said.birth


def _today(site: Site) -> date:
    return site.render.formats.local(site.services.clock.now()).date()
