"""From newcomer to customer who pays: the real-name check, and every change of a level."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, insert, select

from feiqian.auth import claims, notifications
from feiqian.auth.freezing import Freezing
from feiqian.auth.model import Details
from feiqian.auth.parts import Parts
from feiqian.clock import DAY
from feiqian.customers.errors import CustomerNotFound
from feiqian.customers.registry import UNVERIFIED
from feiqian.ids import CustomerNumber
from feiqian.kyc.errors import ClaimMissing, IdentityError
from feiqian.kyc.model import Review
from feiqian.onboarding.errors import AlreadyChecked, ChecksUsedUp, LevelUnknown
from feiqian.onboarding.tables import level_changes
from feiqian.policy.model import Level
from feiqian.subjects import Role, Subject, customer

CHECKS_A_DAY = 5
CHECKED = "remote"  # the level of whoever was verified from afar
_c = level_changes.c


class RealName:
    """What is decided is written first and told the ledger then; `resume` completes what a crash has cut in two."""

    def __init__(self, parts: Parts) -> None:
        self._p = parts

    async def check_identity(
        self, number: CustomerNumber, images: list[bytes], corrected: Details | None = None
    ) -> Review:
        """Checks who the customer claimed to be when registering (or claims now) against pictures of the document.

        Verified: the level is "remote" and the wallet is open when this returns. Raises AlreadyChecked, ChecksUsedUp,
        ClaimMissing, DetailsInvalid, and identity's errors of images and numbers.
        """
        if self._p.customers.standing(number) != UNVERIFIED:
            raise AlreadyChecked("who the customer is has been checked")
        claim = claims.claim_of(corrected, self._p.today()) if corrected else await self._p.identity.claim_of(number)
        if claim is None:
            raise ClaimMissing("nothing is known of who this customer says they are")
        level, by = self._p.policy.level(CHECKED), customer(number)
        await self._p.work.db(self._begin_check, number, level, by)
        try:
            review = await self._p.identity.submit(number, claim, images)
        except IdentityError:
            await self._p.work.db(self._forget, number)
            raise
        if review.outcome == "verified":
            async with self._p.turns.of(number):
                if self._p.customers.standing(number) == UNVERIFIED:
                    await self._carry_out(number, level, by)
        elif review.outcome == "refused":
            await self._p.work.db(self._forget, number)
        return review

    async def used_up(self, number: CustomerNumber) -> bool:
        """Whether the customer has had as many checks as there may be in a day."""
        return await self._p.work.db(self._used_up, number)

    def is_being_reviewed(self, number: CustomerNumber) -> bool:
        """Whether staff have to decide who the customer is (blocks)."""
        with self._p.db.read() as connection:
            return any(review.waiting for review in self._p.identity.of(connection, number, 1))

    async def apply_decision(self, review: Review, by: Subject) -> None:
        """What staff have decided of a review that the verifier could not decide."""
        number = review.customer
        if review.outcome == "verified" and self._p.customers.standing(number) == UNVERIFIED:
            await self._change(number, self._p.policy.level(CHECKED), by)
        elif review.outcome == "refused":
            await self._p.work.db(self._refused, number)

    async def raise_level(self, number: CustomerNumber, level: str, by: Subject) -> None:
        """Sets the level, up or down, with the wallet and its limits. Raises CustomerNotFound, LevelUnknown."""
        try:
            wanted = self._p.policy.level(level)
        except KeyError:
            raise LevelUnknown(f"the policy has no level {level!r}") from None
        await self._change(number, wanted, by)

    async def resume(self) -> int:
        """At the start, and when the journal answers again: completes level changes and freezes that were begun.

        Returns how many there were.
        """
        begun = await self._p.work.db(self._intended)
        for number, index, by in begun:
            async with self._p.turns.of(number):
                await self._carry_out(number, self._p.policy.levels[index], by)
        return len(begun) + await Freezing(self._p).resume()

    # --- a level -------------------------------------------------------------------------------------------------

    async def _change(self, number: CustomerNumber, level: Level, by: Subject) -> None:
        if not self._p.customers.known(number):
            raise CustomerNotFound("there is no such customer")
        async with self._p.turns.of(number):
            await self._p.work.db(self._intend, number, level, by)
            await self._carry_out(number, level, by)

    async def _carry_out(self, number: CustomerNumber, level: Level, by: Subject) -> None:
        profile = await self._p.work.db(self._p.customers.profile, number)
        if level.pays:
            await self._p.accounts.open(number, level, frozen=profile is not None and profile.frozen)
        await self._p.accounts.set_level(number, level)
        await self._p.work.db(self._done, number, level, by)
        await self._p.work.db(self._p.customers.take_up, number)
        self._p.accounts.tell_stopped(number)  # only now is what waits judged by the new level

    def _begin_check(self, number: CustomerNumber, level: Level, by: Subject) -> None:
        with self._p.db.write() as connection:
            if self._p.customers.level_in(connection, number) != UNVERIFIED:
                raise AlreadyChecked("who the customer is has been checked")
            checks = self._p.identity.of(connection, number, CHECKS_A_DAY)
            if any(review.waiting for review in checks[:1]):
                raise AlreadyChecked("what was sent is being looked at")
            if self._are_used_up(checks):
                raise ChecksUsedUp("the identity was checked as often as it may be in a day; try again tomorrow")
            self._put_intent(connection, number, level, by, if_verified=True)

    def _used_up(self, number: CustomerNumber) -> bool:
        with self._p.db.read() as connection:
            return self._are_used_up(self._p.identity.of(connection, number, CHECKS_A_DAY))

    def _are_used_up(self, newest: list[Review]) -> bool:
        return len(newest) == CHECKS_A_DAY and newest[-1].at > self._p.clock.now() - DAY

    def _intend(self, number: CustomerNumber, level: Level, by: Subject) -> None:
        with self._p.db.write() as connection:
            self._put_intent(connection, number, level, by)

    def _put_intent(
        self, connection: Connection, number: CustomerNumber, level: Level, by: Subject, *, if_verified: bool = False
    ) -> None:
        connection.execute(delete(level_changes).where(_c.customer == number))
        values = {"customer": number, "level": level.index, "if_verified": int(if_verified)}
        values |= {"by_number": by.number, "created_at": self._p.clock.now()}
        connection.execute(insert(level_changes).values(**values, by_role=by.role.value))

    def _intended(self) -> list[tuple[CustomerNumber, int, Subject]]:
        """What is to be carried out; what is still being looked at is not, yet."""
        with self._p.db.read() as connection:
            rows = connection.execute(select(level_changes).order_by(_c.created_at)).all()
            due = [row for row in rows if not row.if_verified or self._is_verified(connection, row)]
        return [(row.customer, row.level, Subject(Role(row.by_role), row.by_number)) for row in due]

    def _is_verified(self, connection: Connection, row: Any) -> bool:
        newest = self._p.identity.of(connection, row.customer, 1)
        return bool(newest) and newest[0].outcome == "verified" and newest[0].at >= row.created_at

    def _forget(self, number: CustomerNumber) -> None:
        with self._p.db.write() as connection:
            connection.execute(delete(level_changes).where(_c.customer == number))

    def _done(self, number: CustomerNumber, level: Level, by: Subject) -> None:
        now = self._p.clock.now()
        with self._p.db.write() as connection:
            before = self._p.customers.level_in(connection, number)
            self._p.customers.put_level(connection, number, level.index)
            connection.execute(delete(level_changes).where(_c.customer == number))
            details = {"level": level.name, "before": self._p.policy.levels[before].name, "index": level.index}
            self._p.audit_log.append(connection, by, "level_set", str(customer(number)), details, now)
            if before == UNVERIFIED and level.pays:
                notifications.tell(self._p, connection, number, "verified", now)
            elif before != level.index:
                notifications.tell_changed(self._p, connection, number, "level", now)

    def _refused(self, number: CustomerNumber) -> None:
        with self._p.db.write() as connection:
            connection.execute(delete(level_changes).where(_c.customer == number, _c.if_verified == 1))
            notifications.tell(self._p, connection, number, "identity_refused", self._p.clock.now())
