"""A merchant's API keys, made and revoked by its people: each is confirmed with fresh factors, and bound to them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection

from feiqian.auth.challenges.model import ChallengeBinding, ChallengeView
from feiqian.auth.challenges.service import Verification
from feiqian.clock import Clock
from feiqian.db import after_commit
from feiqian.developers.errors import KeyNameUsed
from feiqian.merchant_users.model import Member, Permission
from feiqian.merchant_users.users import Users
from feiqian.merchants import api_keys
from feiqian.merchants.api_keys import KeyInfo, NewKey
from feiqian.merchants.keys import Kind
from feiqian.merchants.registry import Merchants
from feiqian.policy.factors import Purpose
from feiqian.runtime.paging import Ask, Page
from feiqian.runtime.transactions import Transactions, reads, writes
from feiqian.subjects import Role, Subject

ON_A_PAGE = 25


@dataclass(kw_only=True, eq=False, repr=False)
class KeyDesk:
    """For all merchants; every method is of the member's own. Raises NotPermitted. `mode` is of all keys made here."""

    transactions: Transactions
    clock: Clock
    verification: Verification
    merchants: Merchants
    users: Users
    mode: Kind

    @reads
    def page(self, connection: Connection, member: Member, ask: Ask, *, over: bool = False) -> Page[KeyInfo]:
        """Keys that are honoured, or those whose time is over, the newest first."""
        member.require(Permission.KEYS_READ)
        return api_keys.page(connection, member.merchant.number, ask, ON_A_PAGE, self.clock.now(), over=over)

    @reads
    def one(self, connection: Connection, member: Member, id: str) -> KeyInfo:
        """Raises KeyNotFound, of another merchant's too."""
        member.require(Permission.KEYS_READ)
        return api_keys.get(connection, member.merchant.number, id)

    @reads
    def names(self, connection: Connection, subjects: Collection[Subject]) -> dict[Subject, str]:
        """What those of them are called who are people of merchants', also who was removed since."""
        return {one: self.users.by_number(connection, one.number).name for one in subjects if one.role is Role.USER}

    # --- making ------------------------------------------------------------------------------------------------------

    @writes
    def confirm_making(self, connection: Connection, member: Member, wanted: NewKey, language: str) -> ChallengeView:
        """Begins the challenge that making it spends. Raises KeyInvalid, KeysFull, FactorNotEnrolled."""
        savepoint = connection.begin_nested()  # what would be refused is refused before anybody confirms it
        try:
            self._make(connection, member, wanted)
        finally:
            savepoint.rollback()
        return self._begin(connection, member, _making(member, wanted), language)

    @writes
    def make(self, connection: Connection, member: Member, wanted: NewKey, challenge: str) -> tuple[KeyInfo, str]:
        """The key, which is not shown again. Once. Raises as `confirm_making`, and verification's errors."""
        self._spend(connection, member, _making(member, wanted), challenge)
        made = self._make(connection, member, wanted)
        after_commit(connection, self.merchants.refresh)
        return made

    def _make(self, connection: Connection, member: Member, wanted: NewKey) -> tuple[KeyInfo, str]:
        member.require(Permission.KEYS_WRITE)
        merchant, now = member.merchant.number, self.clock.now()
        if api_keys.is_named(connection, merchant, wanted.name, now):
            raise KeyNameUsed
        return api_keys.create(connection, merchant, self.mode, wanted, member.subject, now)

    # --- revoking ----------------------------------------------------------------------------------------------------

    @writes
    def confirm_revoking(self, connection: Connection, member: Member, id: str, language: str) -> ChallengeView:
        """Begins the challenge that revoking it spends. Raises KeyNotFound, FactorNotEnrolled."""
        return self._begin(connection, member, self._revoking(connection, member, id), language)

    @writes
    def revoke(self, connection: Connection, member: Member, id: str, challenge: str) -> KeyInfo:
        """It is refused from now on. Raises as `confirm_revoking`, and verification's errors."""
        self._spend(connection, member, self._revoking(connection, member, id), challenge)
        after_commit(connection, self.merchants.refresh)
        return api_keys.revoke(connection, member.merchant.number, id, member.subject, self.clock.now())

    def _revoking(self, connection: Connection, member: Member, id: str) -> ChallengeBinding:
        member.require(Permission.KEYS_WRITE)
        key = api_keys.get(connection, member.merchant.number, id)
        return _binding(member, "revoke", f"{key.name} {key.shown}…".lstrip(), key.id)

    # --- both --------------------------------------------------------------------------------------------------------

    def _begin(self, connection: Connection, member: Member, binding: ChallengeBinding, language: str) -> ChallengeView:
        device = member.session.device
        return self.verification.begin.within(connection, member.subject, binding, language, device=device)

    def _spend(self, connection: Connection, member: Member, binding: ChallengeBinding, challenge: str) -> None:
        self.verification.consume_within(connection, challenge, member.subject, binding, self.clock.now())


def _making(member: Member, wanted: NewKey) -> ChallengeBinding:
    """In words its name and what it may do; besides it until when."""
    return _binding(member, "make", f"{wanted.name}: {', '.join(wanted.scopes)}", str(wanted.expires_at))


def _binding(member: Member, kind: str, reference: str, ids: str) -> ChallengeBinding:
    merchant = member.merchant
    return ChallengeBinding(
        purpose=Purpose.MERCHANT_KEY,
        kind=kind,
        payee=merchant.name,
        reference=reference,
        ids=f"{merchant.id} {ids}",
    )
