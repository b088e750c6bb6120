"""Who a newcomer says they are: checked in form here, and compared when a secret was forgotten. Pure."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator
from datetime import date

from feiqian.customers.errors import DetailsInvalid
from feiqian.customers.model import Details
from feiqian.customers.tables import NAME_LENGTH
from feiqian.identity import names
from feiqian.identity.errors import MrzInvalid
from feiqian.identity.model import Claim
from feiqian.identity.mrz import parse_mrz
from feiqian.identity.numbers import chinese_identity
from feiqian.typed import compact
from feiqian.visible import is_visible

LONGEST_EMAIL = 254  # RFC 5321, 4.5.3.1.3, without the angle brackets
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}")
_NOT_IN_NUMBERS = re.compile(r"[^0-9A-Z]")


def claim_of(details: Details, today: date) -> Claim:
    """What the document says, as far as it can be read. Raises DetailsInvalid, identity's NumberInvalid, MrzInvalid."""
    name = checked_name(details.name)
    if details.kind == "cn_id":
        number = chinese_identity(details.number, today)
        return Claim("cn_id", name, number.number, details.birth or number.birth, "CHN")
    if details.kind != "passport":
        raise DetailsInvalid("kind", "invalid")
    zone = parse_mrz(details.mrz, today)
    return Claim(
        "passport", name, zone.number, details.birth or zone.birth, details.country or zone.issuer, details.mrz
    )


def checked_name(name: str) -> str:
    """Raises DetailsInvalid."""
    name = " ".join(name.split())
    if not name:
        raise DetailsInvalid("name", "missing")
    if len(name) > NAME_LENGTH:
        raise DetailsInvalid("name", "too_long")
    if not is_visible(name) or not any(character.isalpha() for character in name):
        raise DetailsInvalid("name", "invalid")
    return name


def checked_email(email: str) -> str:
    """An address that mail can be sent to, or "" for none. Raises DetailsInvalid."""
    email = email.strip()
    if email and (len(email) > LONGEST_EMAIL or not _EMAIL.fullmatch(email)):
        raise DetailsInvalid("email", "invalid")
    return email


def own_words(claim: Claim | None, *more: str) -> list[str]:
    """What somebody who knows the person would try first, for judging a password or PIN."""
    if claim is None:
        return [word for word in more if word]
    birth = claim.birth.strftime("%Y%m%d") if claim.birth else ""
    return [word for word in (claim.name, claim.number, birth, names.joined(claim.name), *more) if word]


def same_person(claim: Claim | None, number: str, name: str, today: date) -> bool:
    """Whether this document number and name are those of the claim. Compares as much whatever is right."""
    kept = normal(_number_of(claim, today)) if claim else ""
    given = normal(number)
    right_number = bool(kept) & hmac.compare_digest(kept.encode(), given.encode())
    right_name = any([_same_name(known, name) for known in _names_of(claim, today)])  # noqa: C419  # all are compared
    return right_number & right_name


def _number_of(claim: Claim, today: date) -> str:
    if claim.number or not claim.mrz:
        return claim.number
    try:
        return parse_mrz(claim.mrz, today).number
    except MrzInvalid:
        return ""


def _names_of(claim: Claim | None, today: date) -> Iterator[str]:
    if claim is None:
        yield "nobody in particular"
        return
    yield claim.name
    try:
        yield parse_mrz(claim.mrz, today).name if claim.mrz else claim.name
    except MrzInvalid:
        return


def _same_name(known: str, given: str) -> bool:
    return bool(names.joined(given)) and (
        names.normalised(known) == names.normalised(given) or names.agree(given, known)
    )


def normal(number: str) -> str:
    """A document number as it is compared."""
    return _NOT_IN_NUMBERS.sub("", compact(number).upper())[:32]
