"""What supporters do for customers: look them up and freeze them. Every look is in the trail first.

The answer is read after its entry is durable, so nobody has seen anything that the trail does not tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from feiqian.accounts.service import Accounts
from feiqian.audit_log.entry import Entry
from feiqian.audit_log.log import AuditLog
from feiqian.auth.challenges.factors import Factors
from feiqian.auth.challenges.model import FactorView, Lock
from feiqian.auth.challenges.service import Verification
from feiqian.auth.freezing import Freezing
from feiqian.auth.sessions.model import Device, Session
from feiqian.auth.sessions.service import Sessions
from feiqian.backoffice.change_requests import MAX_WHY
from feiqian.backoffice.members import require
from feiqian.backoffice.model import StaffMember, StaffRole
from feiqian.backoffice.names import masked_number, masked_query
from feiqian.cases.model import Case
from feiqian.cases.service import Cases
from feiqian.clock import MICROSECONDS, Clock
from feiqian.customers.errors import CustomerNotFound
from feiqian.customers.model import Profile
from feiqian.customers.registry import Customer, Customers
from feiqian.db import BankDb
from feiqian.ids import CUSTOMER, CustomerNumber, is_id
from feiqian.kyc.errors import IdentityError
from feiqian.kyc.numbers import mobile
from feiqian.kyc.service import Identity
from feiqian.money import CurrencyNumber, MinorUnits
from feiqian.payments.read_model.reads import PaymentReads
from feiqian.payments.read_model.rows import PaymentRow
from feiqian.policy.model import Level, Policy
from feiqian.runtime.work import Work
from feiqian.strings.normal import without_separators
from feiqian.subjects import customer

MANY, FEW = 20, 10
LOOKS = frozenset({"customer_opened", "case_looked_at", "review_opened", "document_looked_at"})  # auditors read those
MAX_QUERY = 100


class Wallet(NamedTuple):
    """`balance` in minor units of the currency (ISO 4217 number)."""

    currency: CurrencyNumber
    balance: MinorUnits


@dataclass(frozen=True, slots=True)
class CustomerFile:
    """All that a supporter sees of a customer. `document` is the identity number, masked, or ""; `entries` are acts."""

    customer: Customer
    profile: Profile | None
    level: Level
    cooling: bool
    frozen: bool
    lock: Lock | None
    document: str = field(repr=False)
    wallets: tuple[Wallet, ...]
    payments: tuple[PaymentRow, ...]
    incomplete: bool  # something is missing in `payments`
    devices: tuple[Device, ...]
    sign_ins: tuple[Session, ...]
    factors: tuple[FactorView, ...]
    cases: tuple[Case, ...]
    entries: tuple[Entry, ...]


class _Kept(NamedTuple):
    customer: Customer
    profile: Profile | None
    lock: Lock | None
    devices: Sequence[Device]
    sign_ins: Sequence[Session]
    cases: Sequence[Case]
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class SupportViewParts:
    """What the desk looks into."""

    db: BankDb
    clock: Clock
    work: Work
    policy: Policy
    audit_log: AuditLog
    cases: Cases
    sessions: Sessions
    identity: Identity
    customers: Customers
    accounts: Accounts
    freezing: Freezing
    verification: Verification
    factors: Factors
    reads: PaymentReads
    region: str = "CN"  # of mobile numbers without their country


class SupportView:
    """For supporters; everyone else is refused (NotAllowed)."""

    def __init__(self, parts: SupportViewParts) -> None:
        self.parts = self._p = parts

    # --- looking -------------------------------------------------------------------------------------------------

    async def search(self, by: StaffMember, text: str) -> list[Customer]:
        """Customers by mobile number, public id, number or the beginning of their name. Nothing for nothing."""
        require(by, StaffRole.SUPPORTER)
        text = text.strip()[:MAX_QUERY]
        return await self._p.work.db(self._search, by, text) if text else []

    async def open(self, by: StaffMember, id: str) -> CustomerFile:
        """A customer's file. Raises CustomerNotFound, and that is in the trail, too."""
        require(by, StaffRole.SUPPORTER)
        number = await self._p.work.db(self._look, by, id)
        kept = await self._p.work.db(self._keep, number)
        return await self._file(kept)

    def _search(self, by: StaffMember, text: str) -> list[Customer]:
        kind, found = self._find(text)
        details = {"by": kind, "query": masked_query(text), "found": tuple(str(customer(c.number)) for c in found)}
        self._p.audit_log.record(by.subject, "customer_searched", "customers", details, self._p.clock.now())
        return found

    def _find(self, text: str) -> tuple[str, list[Customer]]:
        customers = self._p.customers
        plain = without_separators(text)
        if is_id(CUSTOMER, plain):
            found = customers.by_id(plain)
            return "id", [found] if found else []
        if plain.isascii() and plain.isdigit() and len(plain) < FEW:
            found = customers.by_number(CustomerNumber(int(plain)))
            return "number", [found] if found else []
        try:
            found = customers.by_mobile(mobile(text, self._p.region))
            return "mobile", [found] if found else []
        except IdentityError:
            return "name", customers.find(text, MANY)

    def _look(self, by: StaffMember, id: str) -> CustomerNumber:
        """A look at what is not there may be a guess: it is kept about all customers, and the id that was tried."""
        found, now = self._p.customers.by_id(id), self._p.clock.now()
        if found is None:
            tried = {"tried": id[: MANY * 2]}
            self._p.audit_log.record(by.subject, "customer_not_found", "customers", tried, now)
            raise CustomerNotFound("there is no such customer")
        self._p.audit_log.record(by.subject, "customer_opened", str(customer(found.number)), {"id": found.id}, now)
        return found.number

    def _keep(self, number: CustomerNumber) -> _Kept:
        p, subject = self._p, customer(number)
        found, profile = p.customers.by_number(number), p.customers.profile(number)
        assert found is not None
        with p.db.read() as connection:
            return _Kept(
                found,
                profile,
                p.verification.lock_of(connection, subject),
                p.sessions.devices(connection, subject),
                p.sessions.recent(connection, subject, FEW),
                p.cases.of(connection, number, FEW),
                [entry for entry in p.audit_log.of(connection, str(subject)) if entry.action not in LOOKS][:MANY],
            )

    async def _file(self, kept: _Kept) -> CustomerFile:
        p, number = self._p, kept.customer.number
        wallets = [Wallet(code, await p.accounts.balance(number, code)) for code in p.accounts.wallets(number)]
        claim = await p.identity.claim_of(number)
        return CustomerFile(
            kept.customer,
            kept.profile,
            p.policy.levels[kept.customer.level],
            p.customers.cooling(number, p.clock.now() // MICROSECONDS),
            p.accounts.frozen(number),
            kept.lock,
            masked_number(claim.number) if claim is not None else "",
            tuple(wallets),
            tuple(await p.reads.newest_of_customer(number, FEW)),
            await p.reads.customer_incomplete(number),
            tuple(kept.devices),
            tuple(kept.sign_ins),
            tuple(await p.factors.list(customer(number))),
            tuple(kept.cases),
            tuple(kept.entries),
        )

    # --- acting --------------------------------------------------------------------------------------------------

    async def freeze(self, by: StaffMember, id: str, why: str) -> None:
        """Stops what leaves the customer's wallets, at once: one suffices. Raises CustomerNotFound, NotAllowed."""
        require(by, StaffRole.SUPPORTER)
        number = await self._p.work.db(self._freezing, by, id, why)
        await self._p.freezing.freeze(number, by.subject)

    def _freezing(self, by: StaffMember, id: str, why: str) -> CustomerNumber:
        found = self._p.customers.by_id(id)
        if found is None:
            raise CustomerNotFound("there is no such customer")
        details = {"why": masked_query(why.strip()[:MAX_WHY])}
        self._p.audit_log.record(by.subject, "freeze_asked", str(customer(found.number)), details, self._p.clock.now())
        return found.number
