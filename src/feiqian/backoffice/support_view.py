"""What supporters do for customers: look them up and freeze them. Every look is in the audit log first.

The answer is read after its entry is durable, so nobody has seen anything that the audit log does not tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from feiqian.audit_log.entry import Entry
from feiqian.audit_log.log import AuditLog
from feiqian.auth.freezing import Freezing
from feiqian.backoffice.change_requests import MAX_WHY
from feiqian.backoffice.members import require
from feiqian.backoffice.model import StaffMember, StaffRole
from feiqian.backoffice.names import masked_query
from feiqian.backoffice.support_sections import SupportSection
from feiqian.clock import Clock
from feiqian.customers.errors import CustomerNotFound
from feiqian.customers.model import Profile
from feiqian.customers.registry import Customer, Customers
from feiqian.db import BankDb
from feiqian.ids import CUSTOMER, CustomerNumber, is_id
from feiqian.kyc.errors import IdentityError
from feiqian.kyc.numbers import mobile
from feiqian.policy.model import Level, Policy
from feiqian.runtime.work import Work
from feiqian.strings.normal import without_separators
from feiqian.subjects import customer

MANY, FEW = 20, 10
LOOK = "customer_opened"
MAX_QUERY = 100


@dataclass(frozen=True, slots=True)
class CustomerFile:
    """What a supporter sees of a customer: `entries` are acts; `seen` is what each feature's section has to show."""

    customer: Customer
    profile: Profile | None
    level: Level
    entries: Sequence[Entry]
    seen: Sequence[tuple[SupportSection, Any]]

    def of(self, section: type[SupportSection]) -> Any:
        """What the section of this class has to show."""
        return next(seen for one, seen in self.seen if isinstance(one, section))


class SupportView:
    """For supporters; everyone else is refused (NotAllowed)."""

    def __init__(
        self,
        db: BankDb,
        clock: Clock,
        work: Work,
        policy: Policy,
        audit_log: AuditLog,
        customers: Customers,
        freezing: Freezing,
        sections: Iterable[SupportSection],
        looks: frozenset[str],  # at other things of a customer, which are for auditors, as this one
        region: str = "CN",  # of mobile numbers without their country
    ) -> None:
        self._db, self._clock, self._work, self._policy = db, clock, work, policy
        self._audit_log, self._customers, self._freezes, self._region = audit_log, customers, freezing, region
        self._looks = looks | {LOOK}
        self._sections = sorted(sections, key=lambda section: section.order)

    # --- looking -------------------------------------------------------------------------------------------------

    async def search(self, by: StaffMember, text: str) -> list[Customer]:
        """Customers by mobile number, public id, number or the beginning of their name. Nothing for nothing."""
        require(by, StaffRole.SUPPORTER)
        text = text.strip()[:MAX_QUERY]
        return await self._work.db(self._search, by, text) if text else []

    async def open(self, by: StaffMember, id: str) -> CustomerFile:
        """A customer's file. Raises CustomerNotFound, and that is in the audit log, too."""
        require(by, StaffRole.SUPPORTER)
        number = await self._work.db(self._look, by, id)
        found = self._customers.by_number(number)
        assert found is not None
        profile, entries, kept = await self._work.db(self._read, number)
        sections = zip(self._sections, kept, strict=True)
        seen = [(section, await section.look(number, one)) for section, one in sections]
        return CustomerFile(found, profile, self._policy.levels[found.level], entries, seen)

    def _search(self, by: StaffMember, text: str) -> list[Customer]:
        kind, found = self._find(text)
        details = {"by": kind, "query": masked_query(text), "found": tuple(str(customer(c.number)) for c in found)}
        self._audit_log.record(by.subject, "customer_searched", "customers", details, self._clock.now())
        return found

    def _find(self, text: str) -> tuple[str, list[Customer]]:
        customers = self._customers
        plain = without_separators(text)
        if is_id(CUSTOMER, plain):
            found = customers.by_id(plain)
            return "id", [found] if found else []
        if plain.isascii() and plain.isdigit() and len(plain) < FEW:
            found = customers.by_number(CustomerNumber(int(plain)))
            return "number", [found] if found else []
        try:
            found = customers.by_mobile(mobile(text, self._region))
            return "mobile", [found] if found else []
        except IdentityError:
            return "name", customers.find(text, MANY)

    def _look(self, by: StaffMember, id: str) -> CustomerNumber:
        """A look at what is not there may be a guess: it is kept about all customers, and the id that was tried."""
        found, now = self._customers.by_id(id), self._clock.now()
        if found is None:
            tried = {"tried": id[: MANY * 2]}
            self._audit_log.record(by.subject, "customer_not_found", "customers", tried, now)
            raise CustomerNotFound("there is no such customer")
        self._audit_log.record(by.subject, LOOK, str(customer(found.number)), {"id": found.id}, now)
        return found.number

    def _read(self, number: CustomerNumber) -> tuple[Profile | None, list[Entry], list[Any]]:
        profile = self._customers.profile(number)
        with self._db.read() as connection:
            acts = self._audit_log.of_but(connection, str(customer(number)), self._looks, MANY)
            kept = [section.read(connection, number) for section in self._sections]
        return profile, acts, kept

    # --- acting --------------------------------------------------------------------------------------------------

    async def freeze(self, by: StaffMember, id: str, why: str) -> None:
        """Stops what leaves the customer's wallets, at once: one suffices. Raises CustomerNotFound, NotAllowed."""
        require(by, StaffRole.SUPPORTER)
        number = await self._work.db(self._freezing, by, id, why)
        await self._freezes.freeze(number, by.subject)

    def _freezing(self, by: StaffMember, id: str, why: str) -> CustomerNumber:
        found = self._customers.by_id(id)
        if found is None:
            raise CustomerNotFound("there is no such customer")
        details = {"why": masked_query(why.strip()[:MAX_WHY])}
        self._audit_log.record(by.subject, "freeze_asked", str(customer(found.number)), details, self._clock.now())
        return found.number
