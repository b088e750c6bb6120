"""What the services of customers stand on, handed to each of them as one value; and those services, built."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from feiqian.accounts.service import Accounts
from feiqian.audit_log.log import AuditLog
from feiqian.auth.challenges.factors import Factors
from feiqian.auth.challenges.service import Verification
from feiqian.auth.sessions.service import Sessions
from feiqian.auth.strangers import Strangers
from feiqian.cases.service import Cases
from feiqian.clock import DEFAULT_ZONE, MICROSECONDS, Clock
from feiqian.customers.registry import Customers
from feiqian.db import BankDb
from feiqian.field_cipher import FieldCipher
from feiqian.kyc.service import Identity
from feiqian.ledger_intents.service import LedgerIntents
from feiqian.notify.service import Notify
from feiqian.policy.model import Policy
from feiqian.runtime.transactions import Transactions
from feiqian.runtime.work import Work


@dataclass(frozen=True, slots=True)
class Dependencies:
    """Everything below the customers' services. They share it; none of them keeps anything else."""

    db: BankDb
    cipher: FieldCipher
    policy: Policy
    clock: Clock
    work: Work
    customers: Customers
    accounts: Accounts
    audit_log: AuditLog
    intents: LedgerIntents
    cases: Cases
    notify: Notify
    sessions: Sessions
    identity: Identity
    verification: Verification
    factors: Factors
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo(DEFAULT_ZONE))  # of times in messages
    strangers: Strangers = field(default_factory=Strangers)
    region: str = "CN"  # of mobile numbers that are entered without their country (ISO 3166-1 alpha-2)

    @property
    def transactions(self) -> Transactions:
        """Of the feature database, in its pool."""
        return Transactions(self.db, self.work)

    def today(self) -> date:
        """The bank's civil date."""
        day = self.clock.day(self.clock.now() // MICROSECONDS)
        return date(day // 10000, day // 100 % 100, day % 100)
