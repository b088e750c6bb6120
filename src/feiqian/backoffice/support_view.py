"""What supporters do for customers: look them up and freeze them. Every look is in the audit log first.

The answer is given after its entry is durable, so nobody has seen anything that the audit log does not tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from feiqian.audit_log.entry import Entry
from feiqian.audit_log.log import AuditLog
from feiqian.auth.freezing import Freezing
from feiqian.backoffice.change_requests import MAX_WHY
from feiqian.backoffice.members import require
from feiqian.backoffice.model import StaffMember, StaffRole
from feiqian.backoffice.names import masked_query
from feiqian.backoffice.support_sections import SupportList, SupportSection
from feiqian.clock import Clock
from feiqian.customers.errors import CustomerNotFound
from feiqian.customers.model import Profile
from feiqian.customers.registry import Customer, Customers
from feiqian.ids import CUSTOMER, CustomerNumber, is_id
from feiqian.kyc.errors import IdentityError
from feiqian.kyc.numbers import mobile
from feiqian.policy.model import Level, Policy
from feiqian.runtime.paging import FIRST, Ask, Page, asked
from feiqian.runtime.transactions import Refused, Transactions
from feiqian.strings.normal import without_separators
from feiqian.subjects import customer

MANY, FEW = 20, 10
LOOK = "customer_opened"
MAX_QUERY = 100
REGION = "CN"  # of mobile numbers without their country
NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class CustomerFile:
    """What a supporter sees of a customer: `entries` are acts; `seen` is what each feature's section has to show."""

    customer: Customer
    profile: Profile | None
    level: Level
    entries: Page[Entry]
    seen: Sequence[tuple[SupportSection, Any]]

    def of(self, section: type[SupportSection]) -> Any:
        """What the section of this class has to show."""
        return next(seen for one, seen in self.seen if isinstance(one, section))


class SupportView:
    """For supporters; everyone else is refused (NotAllowed)."""

    def __init__(
        self,
        transactions: Transactions,
        clock: Clock,
        policy: Policy,
        audit_log: AuditLog,
        customers: Customers,
        freezing: Freezing,
        sections: Iterable[SupportSection],
        looks: frozenset[str],  # at other things of a customer, which are for auditors, as this one
    ) -> None:
        self._transactions, self._clock, self._policy = transactions, clock, policy
        self._audit_log, self._customers, self._freezing = audit_log, customers, freezing
        self._looks = looks | {LOOK}
        self._sections = sorted(sections, key=lambda section: section.order)
        self._lists = [one for one in self._sections if isinstance(one, SupportList)]

    # --- looking -------------------------------------------------------------------------------------------------

    async def search(self, by: StaffMember, text: str, ask: Ask = FIRST) -> Page[Customer]:
        """A page of customers by mobile number, public id, number or the beginning of the name. Nothing for nothing."""
        require(by, StaffRole.SUPPORTER)
        text = text.strip()[:MAX_QUERY]
        if not text:
            return Page(())
        kind, found = await self._transactions.read(self._find, text, ask)
        numbers = tuple(str(customer(one.number)) for one in found.items)
        details = {"by": kind, "query": masked_query(text), "found": numbers} | asked(ask)
        await self._transactions.write(self._record, by, "customer_searched", "customers", details)
        return found

    async def open(self, by: StaffMember, id: str) -> CustomerFile:
        """A customer's file. Raises CustomerNotFound, and that is in the audit log, too."""
        require(by, StaffRole.SUPPORTER)
        found = await self._transactions.write(self._look, by, id)
        return await self._file(found, self._sections, FIRST)

    async def look_on(self, by: StaffMember, id: str, name: str, ask: Ask) -> CustomerFile:
        """A page of one of the file's lists: of the section of this name, or of `entries`. Raises CustomerNotFound."""
        require(by, StaffRole.SUPPORTER)
        found = await self._transactions.write(self._look, by, id, {"list": name} | asked(ask))
        return await self._file(found, [one for one in self._lists if one.name == name], ask)

    @property
    def lists(self) -> frozenset[str]:
        """The names of the sections that have pages."""
        return frozenset(one.name for one in self._lists)

    async def _file(self, found: Customer, sections: Sequence[SupportSection], ask: Ask) -> CustomerFile:
        profile, entries, kept = await self._transactions.read(self._read, found.number, sections, ask)
        read = zip(sections, kept, strict=True)
        seen = [(section, await section.look(found.number, one)) for section, one in read]
        return CustomerFile(found, profile, self._policy.level_numbered(found.level), entries, seen)

    def _find(self, connection: Connection, text: str, ask: Ask) -> tuple[str, Page[Customer]]:
        customers = self._customers
        plain = without_separators(text)
        if is_id(CUSTOMER, plain):
            found = customers.by_id(connection, plain)
            return "id", _only(found)
        if plain.isascii() and plain.isdigit() and len(plain) < FEW:
            found = customers.by_number(connection, CustomerNumber(int(plain)))
            return "number", _only(found)
        try:
            found = customers.by_mobile(connection, mobile(text, REGION))
            return "mobile", _only(found)
        except IdentityError:
            return "name", customers.find(connection, text, ask, MANY)

    def _look(
        self, connection: Connection, by: StaffMember, id: str, more: Mapping[str, str] = NOTHING
    ) -> Customer | Refused:
        """A look at what is not there may be a guess: it is kept about all customers, and the id that was tried."""
        found = self._customers.by_id(connection, id)
        if found is None:
            self._record(connection, by, "customer_not_found", "customers", {"tried": id[: MANY * 2]})
            return Refused(CustomerNotFound("there is no such customer"))
        self._record(connection, by, LOOK, str(customer(found.number)), {"id": found.id, **more})
        return found

    def _read(
        self, connection: Connection, number: CustomerNumber, sections: Sequence[SupportSection], ask: Ask
    ) -> tuple[Profile | None, Page[Entry], list[Any]]:
        acts = self._audit_log.page(connection, ask, MANY, str(customer(number)), self._looks)
        kept = [
            one.page(connection, number, ask) if isinstance(one, SupportList) else one.read(connection, number)
            for one in sections
        ]
        return self._customers.profiles.get(connection, number), acts, kept

    def _record(
        self, connection: Connection, by: StaffMember, action: str, about: str, details: Mapping[str, object]
    ) -> None:
        self._audit_log.append(connection, by.subject, action, about, details, self._clock.now())

    # --- acting --------------------------------------------------------------------------------------------------

    async def freeze(self, by: StaffMember, id: str, why: str) -> None:
        """Stops what leaves the customer's wallets, at once: one suffices. Raises CustomerNotFound, NotAllowed."""
        require(by, StaffRole.SUPPORTER)
        number = await self._transactions.write(self._ask_to_freeze, by, id, why)
        await self._freezing.freeze(number, by.subject)

    def _ask_to_freeze(self, connection: Connection, by: StaffMember, id: str, why: str) -> CustomerNumber:
        found = self._customers.by_id(connection, id)
        if found is None:
            raise CustomerNotFound("there is no such customer")
        details = {"why": masked_query(why.strip()[:MAX_WHY])}
        self._record(connection, by, "freeze_asked", str(customer(found.number)), details)
        return found.number


def _only(found: Customer | None) -> Page[Customer]:
    return Page([found] if found else [])
