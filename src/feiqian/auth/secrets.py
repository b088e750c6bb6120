"""A new password or PIN instead of the old one: strong enough, and another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection

from feiqian.auth import claims
from feiqian.auth.challenges import credentials
from feiqian.auth.challenges.factors import Factors
from feiqian.auth.errors import SecretUnchanged
from feiqian.auth.sessions.service import Sessions
from feiqian.customers.registry import Customers
from feiqian.kyc.service import Identity
from feiqian.policy.factors import Factor
from feiqian.runtime.work import Work
from feiqian.subjects import Subject


class Known(NamedTuple):
    """What would be easy to guess, and the old hash."""

    own: list[str]
    old: str | None


@dataclass(kw_only=True, eq=False, repr=False)
class Secrets:
    """First what the new one is compared with, then its hash, then `put`: hashes are slow, and need no transaction."""

    work: Work
    customers: Customers
    identity: Identity
    factors: Factors
    sessions: Sessions

    def known(self, connection: Connection, subject: Subject, factor: Factor) -> Known:
        """What a customer's new password or PIN is compared with."""
        old = credentials.secret_of(connection, subject, factor)
        profile = self.customers.profiles.need(connection, subject.customer)
        claim = self.identity.claim(connection, subject.customer)
        own = claims.own_words(claim, profile.name, profile.mobile, profile.email)
        return Known(own, old.decode() if old is not None else None)

    async def hash(self, known: Known, factor: Factor, new: str) -> str:
        """The hash of a new password or PIN. Raises TooWeak, SecretUnchanged."""
        if known.old is not None and await self.work.heavy(self.factors.hasher.matches, known.old, new):
            raise SecretUnchanged("it has to be another than before")
        make = self.factors.new_password if factor is Factor.PASSWORD else self.factors.new_pin
        return await make(new, known.own)

    def put(
        self,
        connection: Connection,
        subject: Subject,
        factor: Factor,
        hashed: str,
        now: int,
        except_session: str | None = None,
    ) -> None:
        """Sets it, and ends every session (but one)."""
        self.factors.put_secret(connection, subject, factor, hashed, now)
        self.sessions.close_all(connection, subject, except_session=except_session)
