"""From newcomer to customer who pays: the real-name check, and every change of a level."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import msgspec
from sqlalchemy import Connection

from feiqian.accounts.service import Accounts
from feiqian.auth import claims
from feiqian.auth.base import AccessService
from feiqian.auth.model import Details
from feiqian.clock import DAY
from feiqian.customers.errors import CustomerNotFound
from feiqian.customers.registry import UNVERIFIED
from feiqian.db import after_commit
from feiqian.ids import CustomerNumber
from feiqian.kyc.errors import ClaimMissing
from feiqian.kyc.model import Claim, Review
from feiqian.kyc.service import Identity
from feiqian.ledger_intents.model import IntentKind, LedgerIntent
from feiqian.ledger_intents.service import LedgerIntents
from feiqian.onboarding.errors import AlreadyChecked, ChecksUsedUp, LevelUnknown
from feiqian.policy.model import Level, Policy
from feiqian.runtime.transactions import reads
from feiqian.runtime.work import Work
from feiqian.subjects import Subject, customer

CHECKS_A_DAY = 5
CHECKED = "remote"  # the level of whoever was verified from afar
LEVEL = "level"


class LevelChange(msgspec.Struct, frozen=True):
    """Whose level is set, to which (the number that the bank stores), and by whom."""

    customer: CustomerNumber
    level: int
    by: Subject


@dataclass(kw_only=True, eq=False, repr=False)
class RealName(AccessService):
    """A level is an intent: written in the transaction that decides it, then told the ledger, then completed."""

    work: Work
    policy: Policy
    accounts: Accounts
    identity: Identity
    intents: LedgerIntents

    @property
    def intent(self) -> IntentKind:
        return IntentKind(LEVEL, LevelChange, self._in_ledger, self._complete, self._committed)

    async def check_identity(
        self, number: CustomerNumber, images: list[bytes], corrected: Details | None = None
    ) -> Review:
        """Checks who the customer claimed to be when registering (or claims now) against pictures of the document.

        Verified: the level is "remote" and the wallet is open when this returns. Raises AlreadyChecked, ChecksUsedUp,
        ClaimMissing, DetailsInvalid, and identity's errors of images and numbers.
        """
        claim = await self.transactions.read(self._to_be_checked, number, corrected)
        review = await self.identity.submit(number, claim, images, self._kept)
        await self.finish(number)
        return review

    @reads
    def used_up(self, connection: Connection, number: CustomerNumber) -> bool:
        """Whether the customer has had as many checks as there may be in a day."""
        return self._are_used_up(self.identity.of(connection, number, CHECKS_A_DAY))

    @reads
    def is_being_reviewed(self, connection: Connection, number: CustomerNumber) -> bool:
        """Whether staff have to decide who the customer is."""
        return any(review.waiting for review in self.identity.of(connection, number, 1))

    def apply_decision(self, connection: Connection, review: Review, by: Subject) -> None:
        """In the transaction in which staff decide what the verifier could not; `finish` after it."""
        self._verified(connection, review, by)
        if review.outcome == "refused":
            self.notices.tell(connection, review.customer, "identity_refused", self.clock.now())

    async def finish(self, number: CustomerNumber) -> None:
        """Carry out a change of the customer's level that was decided, if there is one."""
        await self.intents.finish(LEVEL, str(customer(number)))

    async def raise_level(self, number: CustomerNumber, level: str, by: Subject) -> None:
        """Sets the level, up or down, with the wallet and its limits. Raises CustomerNotFound, LevelUnknown."""
        try:
            wanted = self.policy.level(level)
        except KeyError:
            raise LevelUnknown(f"the policy has no level {level!r}") from None
        if not self.customers.known(number):
            raise CustomerNotFound("there is no such customer")
        async with self.intents.turn(str(customer(number))):
            await self.intents.carry_out(await self.transactions.write(self._put, number, wanted, by))

    # --- a check -------------------------------------------------------------------------------------------------

    def _to_be_checked(self, connection: Connection, number: CustomerNumber, corrected: Details | None) -> Claim:
        if self.customers.level_in(connection, number) != UNVERIFIED:
            raise AlreadyChecked("who the customer is has been checked")
        identity = self.identity
        today = identity.today()
        claim = claims.claim_of(corrected, today) if corrected else identity.claim(connection, number)
        if claim is None:
            raise ClaimMissing("nothing is known of who this customer says they are")
        checks = identity.of(connection, number, CHECKS_A_DAY)
        if any(review.waiting for review in checks[:1]):
            raise AlreadyChecked("what was sent is being looked at")
        if self._are_used_up(checks):
            raise _used_up()
        return claim

    def _are_used_up(self, newest: list[Review]) -> bool:
        return len(newest) == CHECKS_A_DAY and newest[-1].at > self.clock.now() - DAY

    def _kept(self, connection: Connection, review: Review) -> None:
        """Counted again with the new one: of several at once, each was the last that may be when it began."""
        if self._are_used_up(self.identity.of(connection, review.customer, CHECKS_A_DAY + 1)[1:]):
            raise _used_up()
        self._verified(connection, review, customer(review.customer))

    def _verified(self, connection: Connection, review: Review, by: Subject) -> None:
        """The level follows in the same transaction, unless the customer has one or is about to get it from staff."""
        number = review.customer
        if review.outcome != "verified" or self.customers.level_in(connection, number) != UNVERIFIED:
            return
        if self.intents.pending(connection, LEVEL, str(customer(number))) is None:
            self._put(connection, number, self.policy.level(CHECKED), by)

    # --- a level -------------------------------------------------------------------------------------------------

    def _put(self, connection: Connection, number: CustomerNumber, level: Level, by: Subject) -> LedgerIntent:
        """What was decided last is what counts."""
        change = LevelChange(number, level.number, by)
        return self.intents.put(connection, LEVEL, str(customer(number)), change, instead=True)

    async def _in_ledger(self, intent: LedgerIntent) -> None:
        number, level = intent.payload.customer, self.policy.level_numbered(intent.payload.level)
        profile = await self.work.db(self.customers.profile, number)
        if level.pays:
            await self.accounts.open(number, level, frozen=profile is not None and profile.frozen)
        await self.accounts.set_level(number, level)

    def _complete(self, connection: Connection, intent: LedgerIntent, now: int) -> None:
        number, by = intent.payload.customer, intent.payload.by
        level = self.policy.level_numbered(intent.payload.level)
        before = self.customers.level_in(connection, number)
        self.customers.put_level(connection, number, level.number)
        after_commit(connection, partial(self.customers.take_up, number))
        was = self.policy.level_numbered(before).name
        details = {"level": level.name, "before": was, "index": level.number}
        self.audit_log.append(connection, by, "level_set", str(customer(number)), details, now)
        if before == UNVERIFIED and level.pays:
            self.notices.tell(connection, number, "verified", now)
        elif before != level.number:
            self.notices.changed(connection, number, "level", now)

    def _committed(self, intent: LedgerIntent) -> None:
        self.accounts.tell_stopped(intent.payload.customer)  # only now is what waits judged by the new level


def _used_up() -> ChecksUsedUp:
    return ChecksUsedUp("the identity was checked as often as it may be in a day; try again tomorrow")
