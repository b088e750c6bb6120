"""Mobile numbers in forms: the country and the rest, as people write them, and E.164 (ITU-T) as features take them."""

from __future__ import annotations

import unicodedata
from functools import cache

import phonenumbers
from babel import Locale
from pypinyin import lazy_pinyin

from feiqian.customers.model import NAME_LENGTH
from feiqian.kyc.errors import NumberInvalid
from feiqian.kyc.numbers import HOME, mobile
from feiqian.web.formats import LOCALES
from feiqian.web.forms import Form
from feiqian.web.site import Site

from .words import number_wrong


@cache
def countries(language: str) -> tuple[tuple[str, str], ...]:
    """Pairs of ISO 3166-1 alpha-2 and "China (+86)", as the language orders them."""
    names = Locale.parse(LOCALES[language]).territories
    known = [(region, names[region]) for region in phonenumbers.SUPPORTED_REGIONS if region in names]
    known.sort(key=lambda pair: _order(pair[1]))
    return tuple((region, f"{name} (+{phonenumbers.country_code_for_region(region)})") for region, name in known)


def mobile_of(site: Site, form: Form) -> str:
    """The number in E.164; "" if it cannot be one, and the form says why."""
    text = form["mobile"]
    if not text:
        form.wrong("mobile", site.render.texts("customer.mobile.missing"))
        return ""
    region = form["country"] if form["country"] in phonenumbers.SUPPORTED_REGIONS else HOME
    try:
        return mobile(text, region)
    except NumberInvalid as error:
        form.wrong("mobile", number_wrong(site, error))
        return ""


def claimant_of(site: Site, form: Form) -> str:
    """As `mobile_of`, of a form in which somebody says who they are: their number and name are there, too."""
    mobile = mobile_of(site, form)
    check_document(site, form)
    return mobile


def check_document(site: Site, form: Form) -> None:
    """The form says if its document's number or name is missing."""
    t = site.render.texts
    if not form["number"]:
        form.wrong("number", t("customer.recover.number.missing"))
    if not form["name"] or len(form["name"]) > NAME_LENGTH:
        form.wrong("name", t("customer.details.name.missing"))


def shown_number(e164: str) -> str:
    """As its owner reads it: `+86 138 0013 8000`; "" of none."""
    if not e164:
        return ""
    number = phonenumbers.parse(e164)
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


def _order(name: str) -> str:
    plain = unicodedata.normalize("NFKD", "".join(lazy_pinyin(name)))
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()
