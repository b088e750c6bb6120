"""What is said to people about what features refuse: by type of error, in the page's language."""

from __future__ import annotations

from collections.abc import Iterable

from feiqian.auth.challenges.errors import AnswerMalformed, AnswerWrong, CodeThrottled, Locked, TooWeak
from feiqian.auth.errors import DetailsInvalid, SignInLocked
from feiqian.clock import MICROSECONDS
from feiqian.errors import FeiqianError
from feiqian.kyc.errors import ImageRefused, NumberInvalid
from feiqian.notify.errors import SendingCapped
from feiqian.policy.factors import Factor
from feiqian.web.site import Site

FACTORS = {
    Factor.PASSWORD: "customer.factor.password",
    Factor.PIN: "customer.factor.pin",
    Factor.SMS: "customer.factor.sms",
    Factor.EMAIL: "customer.factor.email",
    Factor.TOTP: "customer.factor.totp",
    Factor.PASSKEY: "customer.factor.passkey",
    Factor.SHIELD: "customer.factor.shield",
}
WRONG = {
    Factor.PASSWORD: "customer.wrong.password",
    Factor.PIN: "customer.wrong.pin",
    Factor.TOTP: "customer.wrong.totp",
    Factor.PASSKEY: "customer.wrong.key",
    Factor.SHIELD: "customer.wrong.key",
}
MALFORMED = {
    Factor.PASSWORD: "customer.malformed.password",
    Factor.PIN: "customer.malformed.pin",
    Factor.TOTP: "customer.malformed.totp",
}
NUMBERS = {
    "not_a_number": "customer.mobile.not_a_number",
    "not_in_use": "customer.mobile.not_in_use",
    "not_mobile": "customer.mobile.not_mobile",
    "length": "customer.cn_id.length",
    "old_form": "customer.cn_id.old_form",
    "check": "customer.cn_id.check",
    "birth": "customer.cn_id.birth",
}
DETAILS = {
    "missing": "customer.details.missing",
    "too_long": "customer.details.too_long",
    "in_the_future": "customer.details.in_the_future",
    "too_young": "customer.details.too_young",
    "not_ascii": "customer.details.email.letters",
}
IMAGES = {
    "too_large": "customer.images.too_large",
    "too_many": "customer.images.too_many",
    "too_many_pixels": "customer.images.too_many_pixels",
    "too_small": "customer.images.too_small",
    "too_costly": "customer.images.too_costly",
}


def refusal(site: Site, error: FeiqianError, factor: Factor) -> str:
    """Why an answer or a code did not go through, and what to do."""
    t = site.render.texts
    if isinstance(error, Locked | SignInLocked):
        return t("customer.locked.until", when=site.render.formats.when_inside(error.until))
    if isinstance(error, AnswerMalformed):
        return t(MALFORMED.get(error.factor, "customer.malformed.code"))
    if isinstance(error, AnswerWrong):
        return said_wrong(site, error, factor)
    if isinstance(error, CodeThrottled) and error.again_at:
        seconds = max(1, -(-(error.again_at - site.services.clock.now()) // MICROSECONDS))
        return t("customer.code.wait", seconds=seconds)
    if isinstance(error, CodeThrottled | SendingCapped):
        return t("customer.code.no_more")
    return t("customer.challenge.not_this")


def said_wrong(site: Site, error: AnswerWrong, factor: Factor) -> str:
    """With how many tries are left, where tries count."""
    t = site.render.texts
    what = t(WRONG.get(factor, "customer.wrong.code"))
    if factor in (Factor.PASSKEY, Factor.SHIELD) or not error.tries_left:
        return what  # of codes that are sent in spite of a lock, other answers are counted
    return t("customer.wrong.tries", what=what, tries=error.tries_left)


def weakness(site: Site, error: TooWeak) -> str:
    """Why a new secret is too weak, and what would be better."""
    return " ".join(site.render.texts(key) for key in (error.warning_key, *error.suggestion_keys))


def number_wrong(site: Site, error: NumberInvalid) -> str:
    return site.render.texts(NUMBERS.get(error.reason, "customer.details.invalid"))


def details_wrong(site: Site, error: DetailsInvalid) -> str:
    other = "customer.details.email.wrong" if error.field == "email" else "customer.details.invalid"
    return site.render.texts(DETAILS.get(error.reason, other))


def image_wrong(site: Site, error: ImageRefused) -> str:
    return site.render.texts(IMAGES.get(error.reason, "customer.images.not_a_picture"))


def reasons_of(site: Site, reasons: Iterable[str]) -> list[str]:
    """Why an identity was refused or waits, to the person themselves."""
    catalogue = site.render.texts.catalogue
    other = catalogue["customer.identity.reason.other"]
    return [catalogue.get(f"identity.reason.{word}", other) for word in reasons]


def contact(site: Site) -> str:
    """Whom to turn to where no form helps."""
    t, how = site.render.texts, site.services.settings.contact
    return t("customer.reach", contact=how) if how else t("customer.reach.branch")
