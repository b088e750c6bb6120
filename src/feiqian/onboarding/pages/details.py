"""What somebody says of themselves in a form: document, name, e-mail; checked here only as far as typing goes wrong."""

from __future__ import annotations

from datetime import date

from feiqian.auth.claims import checked_name
from feiqian.auth.errors import DetailsInvalid
from feiqian.auth.model import Details
from feiqian.auth.pages.details import email_of, password_of, pin_of
from feiqian.auth.pages.words import details_wrong, number_wrong, reasons_of
from feiqian.customers.model import NAME_LENGTH
from feiqian.kyc.births import certain
from feiqian.kyc.errors import MrzInvalid, NumberInvalid
from feiqian.kyc.mrz import lines_of, parse_mrz
from feiqian.kyc.numbers import chinese_identity
from feiqian.onboarding.errors import DocumentRefused
from feiqian.web.forms import Form
from feiqian.web.site import Site

CN_ID, PASSPORT = "cn_id", "passport"
FIELDS = {"number": "number", "mrz": "mrz", "name": "name", "birth": "number", "email": "email", "country": "mrz"}
SECRETS = {"password": "password", "pin": "pin"}


def document_of(site: Site, form: Form) -> Details | None:
    """Document and name as typed, without secrets; None if something is wrong, and the form says what."""
    kind = PASSPORT if form["kind"] == PASSPORT else CN_ID
    name = _name(site, form)
    number, mrz, birth = _number(site, form) if kind == CN_ID else _zone(site, form)
    email = email_of(site, form)
    return Details(name, kind, "", "", number, mrz, birth, "", email) if form.good else None


def secrets_of(site: Site, form: Form) -> tuple[str, str]:
    """Password and PIN, each as typed; the form says if one is missing or the PIN was typed in two ways."""
    return password_of(site, form), pin_of(site, form)


def tell(site: Site, form: Form, error: DetailsInvalid | DocumentRefused | NumberInvalid | MrzInvalid) -> None:
    """Says at the field what the bank finds wrong with what was typed."""
    if isinstance(error, DocumentRefused):
        document = "mrz" if form["kind"] == PASSPORT else "number"
        for reason, text in zip(error.reasons, reasons_of(site, error.reasons), strict=True):
            about = "name" if reason.startswith("name_") else document
            form.wrong(about, text)
    elif isinstance(error, DetailsInvalid):
        passport = form["kind"] == PASSPORT
        field = "mrz" if passport and error.field in ("number", "birth") else FIELDS.get(error.field, error.field)
        form.wrong(field if field in {*FIELDS.values(), *SECRETS} else "", details_wrong(site, error))
    elif isinstance(error, NumberInvalid):
        form.wrong("number", number_wrong(site, error))
    else:
        form.wrong("mrz", site.render.texts("customer.mrz.wrong"))


def _name(site: Site, form: Form) -> str:
    name = " ".join(form["name"].split())
    if not name or len(name) > NAME_LENGTH:
        form.wrong("name", site.render.texts("customer.details.name.missing"))
        return ""
    try:
        return checked_name(name)
    except DetailsInvalid:
        form.wrong("name", site.render.texts("customer.details.name.letters"))
        return ""


def _number(site: Site, form: Form) -> tuple[str, str, date | None]:
    try:
        said = chinese_identity(form["number"], _today(site))
    except NumberInvalid as error:
        form.wrong("number", number_wrong(site, error))
        return "", "", None
    return said.number, "", certain(said.births(_today(site)))


def _zone(site: Site, form: Form) -> tuple[str, str, date | None]:
    typed = form["mrz"]
    try:
        said = parse_mrz(typed, _today(site))
    except MrzInvalid:
        form.wrong("mrz", site.render.texts("customer.mrz.wrong"))
        return "", "", None
    return "", "\n".join(lines_of(typed)), certain(said.births)


def _today(site: Site) -> date:
    return site.render.formats.local(site.services.clock.now()).date()
