"""An e-mail address, a password and a new PIN as somebody types them; checked here only as far as typing goes wrong."""

from __future__ import annotations

from feiqian.auth.challenges.forms import is_no_password
from feiqian.auth.challenges.strength import PIN_DIGITS
from feiqian.auth.claims import checked_email
from feiqian.auth.errors import DetailsInvalid
from feiqian.strings.normal import code_digits
from feiqian.web.forms import Form
from feiqian.web.site import Site

from .words import details_wrong


def email_of(site: Site, form: Form) -> str:
    """The e-mail address as it is kept, "" for none; the form says what is wrong with it."""
    try:
        return checked_email(form["email"])
    except DetailsInvalid as error:
        form.wrong("email", details_wrong(site, error))
        return ""


def password_of(site: Site, form: Form) -> str:
    """A password, as typed; the form says if there is none."""
    if is_no_password(form.raw("password")):
        form.wrong("password", site.render.texts("customer.password.missing"))
    return form.raw("password")


def pin_of(site: Site, form: Form) -> str:
    """A new PIN, typed twice."""
    t, pin = site.render.texts, code_digits(form["pin"]) or ""
    if len(pin) != PIN_DIGITS:
        form.wrong("pin", t("weak.not_six_digits"))
    elif code_digits(form["again"]) != pin:
        form.wrong("again", t("customer.pin.differs"))
    return pin
