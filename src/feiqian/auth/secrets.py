"""A new password or PIN instead of the old one: strong enough, and another."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from feiqian.auth import claims
from feiqian.auth.challenges import credentials
from feiqian.auth.dependencies import Dependencies
from feiqian.auth.errors import SecretUnchanged
from feiqian.policy.factors import Factor
from feiqian.subjects import Subject


class Known(NamedTuple):
    """What would be easy to guess, and the old hash."""

    own: list[str]
    old: str | None


def known(parts: Dependencies, connection: Connection, subject: Subject, factor: Factor) -> Known:
    """What a customer's new password or PIN is compared with."""
    old = credentials.secret_of(connection, subject, factor)
    return Known(_own_words(parts, connection, subject), old.decode() if old is not None else None)


async def new_hash(parts: Dependencies, known: Known, factor: Factor, new: str) -> str:
    """The hash of a new password or PIN. Raises TooWeak, SecretUnchanged."""
    if known.old is not None and await parts.work.heavy(parts.factors.hasher.matches, known.old, new):
        raise SecretUnchanged("it has to be another than before")
    make = parts.factors.new_password if factor is Factor.PASSWORD else parts.factors.new_pin
    return await make(new, known.own)


def _own_words(parts: Dependencies, connection: Connection, subject: Subject) -> list[str]:
    profile = parts.customers.profiles.need(connection, subject.customer)
    claim = parts.identity.claim(connection, subject.customer)
    return claims.own_words(claim, profile.name, profile.mobile, profile.email)
