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
from feiqian.identity.births import certain
from feiqian.identity.errors import MrzInvalid
from feiqian.identity.letters import DIRECTIONS, is_name
from feiqian.identity.model import Claim
from feiqian.identity.mrz import LINE_LENGTH, lines_of, parse_mrz
from feiqian.identity.numbers import chinese_identity
from feiqian.normal import comparison, without_separators
from feiqian.notify import mail_addresses
from feiqian.notify.mail_addresses import AddressInvalid

TYPED_LIMIT = 512  # characters of an address, with marks that are not seen
_NUMBER = re.compile("[0-9A-Z]{1,32}", re.ASCII)


def claim_of(details: Details, today: date) -> Claim:
    """What the document says, as far as it can be read. Raises DetailsInvalid, identity's NumberInvalid, MrzInvalid."""
    name = checked_name(details.name)
    if details.kind == "cn_id":
        number = chinese_identity(details.number, today)
        return Claim("cn_id", name, number.number, details.birth or certain(number.births(today)), number.country)
    if details.kind != "passport":
        raise DetailsInvalid("kind", "invalid")
    zone = parse_mrz(details.mrz, today)
    birth, country = details.birth or certain(zone.births), details.country or zone.issuer
    return Claim("passport", name, zone.number, birth, country, "\n".join(lines_of(details.mrz)))


def checked_name(name: str) -> str:
    """As typed, with single spaces and no marks of direction around it. Raises DetailsInvalid if no letter is seen."""
    name = " ".join(name.split()).strip(DIRECTIONS + " ")
    if not name:
        raise DetailsInvalid("name", "missing")
    if len(name) > NAME_LENGTH:
        raise DetailsInvalid("name", "too_long")
    if not is_name(name) or not is_name(comparison(name)):
        raise DetailsInvalid("name", "invalid")
    return name


def checked_email(email: str) -> str:
    """An address that mail can be sent to, as it is kept, or "" for none. Raises DetailsInvalid."""
    email = mail_addresses.typed(email[:TYPED_LIMIT])
    if not email:
        return ""
    try:
        return mail_addresses.canonical(email)
    except AddressInvalid as error:
        raise DetailsInvalid("email", error.reason) from None


def own_words(claim: Claim | None, *more: str) -> list[str]:
    """What somebody who knows the person would try first, for judging a password or PIN."""
    if claim is None:
        return [word for word in more if word]
    latin = names.words(claim.name)
    known = claim.name, claim.number, _day_of(claim), "".join(latin), " ".join(latin)
    return [word for word in (*known, *more) if word]


def _day_of(claim: Claim) -> str:
    """The day of birth, or the digits of the machine-readable zone for it where the century is not certain."""
    if claim.birth is not None:
        return claim.birth.strftime("%Y%m%d")
    return "".join(claim.mrz.split())[LINE_LENGTH:][13:19] or (claim.number[7:13] if len(claim.number) == 15 else "")


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
    """A document number as it is compared; "", which is nobody's, for what has other letters than Latin ones, say."""
    plain = without_separators(number[:64]).upper()
    return plain if _NUMBER.fullmatch(plain) else ""
