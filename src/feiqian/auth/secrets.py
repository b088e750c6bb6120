"""A new password or PIN instead of the old one: strong enough, and another."""

from __future__ import annotations

from sqlalchemy import Connection

from feiqian.auth import claims
from feiqian.auth.challenges import credentials
from feiqian.auth.errors import SecretUnchanged
from feiqian.auth.parts import Parts
from feiqian.policy.factors import Factor
from feiqian.subjects import Subject, customer


async def new_hash(parts: Parts, number: int, factor: Factor, new: str) -> str:
    """The hash of a customer's new password or PIN. Raises TooWeak, SecretUnchanged."""
    own, old = await parts.work.db(_known, parts, number, factor)
    if old is not None and await parts.work.heavy(parts.factors.hasher.matches, old, new):
        raise SecretUnchanged("it has to be another than before")
    make = parts.factors.new_password if factor is Factor.PASSWORD else parts.factors.new_pin
    return await make(new, own)


def _known(parts: Parts, number: int, factor: Factor) -> tuple[list[str], str | None]:
    """What would be easy to guess, and the old hash."""
    with parts.db.read() as connection:
        old = credentials.secret_of(connection, customer(number), factor)
        return _own_words(parts, connection, customer(number)), old.decode() if old is not None else None


def _own_words(parts: Parts, connection: Connection, subject: Subject) -> list[str]:
    profile = parts.customers.profiles.need(connection, subject.number)
    claim = parts.identity.claim(connection, subject.number)
    return claims.own_words(claim, profile.name, profile.mobile, profile.email)
