"""Codes of the coming slots for one phone, of an issuing device of its own. What they pay is decided by `payments`.

Nobody gets codes beyond the end of the session that asks. A code is accepted in its own slot and some after it, like
any other; a freeze, a limit or signing the phone out hold at the bank, whatever a phone still has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection

from feiqian.accounts.service import Accounts
from feiqian.auth.base import AccessService
from feiqian.auth.sessions.model import Session
from feiqian.auth.sessions.service import Sessions
from feiqian.clock import MICROSECONDS
from feiqian.customers.phones import PhoneDevices, TooManyPhones, hold
from feiqian.ids import CustomerNumber
from feiqian.ledger.ledger import Ledger
from feiqian.offline_codes.errors import NoCodesAhead
from feiqian.payments.codes import SLOT_SECONDS, SLOTS_AFTER, Codes, claim_of
from feiqian.policy.model import Policy
from feiqian.runtime.transactions import reads, writes

AHEAD_SECONDS = 600
ROOM_SECONDS = 2 * AHEAD_SECONDS  # so that a number's end is written once in a while, and not at each asking


class CodeAhead(NamedTuple):
    """A code to show from `begins` until `ends` (Unix seconds); `digits` are empty if it has been used already."""

    digits: str
    begins: int
    ends: int


@dataclass(kw_only=True, eq=False, repr=False)
class OfflineCodes(AccessService):
    """Of all customers."""

    sessions: Sessions
    accounts: Accounts
    policy: Policy
    phones: PhoneDevices
    codes: Codes
    ledger: Ledger

    async def coming(self, session: Session) -> list[CodeAhead]:
        """The codes of the phone that is signed in by this session, from now on. Raises NoCodesAhead."""
        self._require_paying(session.subject.customer)
        now = self.clock.now() // MICROSECONDS
        end = min(now + AHEAD_SECONDS, self.sessions.ends_at(session) // MICROSECONDS)
        count = (end - now) // SLOT_SECONDS
        if session.device is None or count < 1:
            raise NoCodesAhead("the phone is not known, or its session is at its end")
        device = await self.number(session, end) or await self.take(session, now + ROOM_SECONDS)
        return self._issued(device, count)

    @reads
    def number(self, connection: Connection, session: Session, end: int) -> int:
        """The issuing device of the session's phone, if it is good for codes until then; else 0."""
        return self.phones.of(connection, session.subject.customer, session.device or "", _over(end))

    @writes
    def take(self, connection: Connection, session: Session, end: int) -> int:
        """The same, and makes it so while the session lives. Raises NoCodesAhead."""
        customer = session.subject.customer
        hold(connection, customer)  # or it might be signed out between looking and writing
        if session.device is None or session.id not in {
            one.id for one in self.sessions.list(connection, session.subject)
        }:
            raise NoCodesAhead("the session has ended")
        try:
            return self.phones.take(connection, customer, session.device, _over(end))
        except TooManyPhones as error:
            raise NoCodesAhead(str(error)) from None

    def _require_paying(self, customer: CustomerNumber) -> None:
        """A wallet that shows no code gets none ahead. Raises NoCodesAhead."""
        stopped = self.accounts.frozen(customer) or not self.customers.issuing.device_of(customer)
        if stopped or not self.policy.level_numbered(self.customers.standing(customer)).pays:
            raise NoCodesAhead("the wallet pays nothing now")

    def _issued(self, device: int, count: int) -> list[CodeAhead]:
        """By the ledger's time; the times that are told are by the bank's clock, for phones to compare with theirs."""
        now = self.ledger.clock.now()
        ahead, claimed = -((self.clock.now() - now) // MICROSECONDS), self.ledger.engine.claimed
        issued = self.codes.coming(device, now // MICROSECONDS, count)
        return [
            CodeAhead(
                "" if claimed(claim_of(code.digits)) else code.digits,
                code.refresh_at - SLOT_SECONDS - ahead,
                code.refresh_at - ahead,
            )
            for code in issued
        ]


def _over(end: int) -> int:
    """When the last code that is shown until `end` is refused."""
    return end + (SLOTS_AFTER + 1) * SLOT_SECONDS
