"""The composition root: builds the services of a bank, once; nothing else knows all. `app` opens what they need."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

from feiqian import features
from feiqian.accounts.service import Accounts
from feiqian.activity.describing import Describing
from feiqian.activity.notes import Notes
from feiqian.activity.public_receipts import PublicReceipts
from feiqian.activity.reports import Reports
from feiqian.activity.service import Activity
from feiqian.audit_log.log import AuditLog
from feiqian.auth.challenges.factors import Factors
from feiqian.auth.challenges.hashing import hasher_of
from feiqian.auth.challenges.service import Verification
from feiqian.auth.sessions.service import Sessions
from feiqian.auth.strangers import Strangers
from feiqian.backoffice.back_office import BackOffice
from feiqian.backoffice.change_kinds import ChangeKinds
from feiqian.backoffice.change_requests import ChangeRequests
from feiqian.cases.service import Cases
from feiqian.clock import Clock
from feiqian.customers.registry import Customers
from feiqian.data_key import data_key_of
from feiqian.db import BankDb
from feiqian.inbox.service import Inbox
from feiqian.inbox.wishes import Wishes
from feiqian.kyc.screening import Sanctions
from feiqian.kyc.service import Identity
from feiqian.kyc.verifier import BuiltInVerifier
from feiqian.ledger.journal import Journal
from feiqian.ledger.ledger import Ledger
from feiqian.ledger_intents.service import LedgerIntents
from feiqian.limits.receiving import Receiving
from feiqian.limits.service import PaymentLimits
from feiqian.merchants.last_use import LastUse
from feiqian.merchants.registry import Merchants
from feiqian.notify.adapters import adapters_from
from feiqian.notify.service import Notify
from feiqian.orders.from_wallet import WalletOrders
from feiqian.orders.read_model.reads import OrderReads
from feiqian.orders.service import Orders
from feiqian.outbox.follower import Follower
from feiqian.outbox.service import Outbox
from feiqian.payments.codes import Codes
from feiqian.payments.read_model.reads import PaymentReads
from feiqian.payments.service import Payments
from feiqian.policy.model import Policy
from feiqian.printing.press import Press
from feiqian.runtime.transactions import Transactions
from feiqian.runtime.uploads import Uploads
from feiqian.runtime.work import Work
from feiqian.services import Services
from feiqian.settings import Settings
from feiqian.workers.pool import Workers

from .access import add_access
from .products import add_offline_codes, add_products, add_quick_payments
from .statements import add_statements

__all__ = [
    "add_access",
    "add_activity",
    "add_back_office",
    "add_offline_codes",
    "add_outbound",
    "add_payments",
    "add_products",
    "add_quick_payments",
    "add_statements",
    "services_of",
]


def services_of(
    settings: Settings,
    db: BankDb,
    clock: Clock,
    policy: Policy,
    ledger: Ledger,
    reads: PaymentReads,
    workers: Workers,
) -> Services:
    """What the features stand on; `add_payments`, `add_access` and `add_back_office` build those."""
    cipher, work = data_key_of(db, settings.data_key), Work(settings.database_seconds)
    customers, audit_log = Customers(db, cipher), AuditLog()
    pushes = customers.profiles.pushes
    adapters = adapters_from(settings, db, cipher, clock, work, pushes.is_kept)
    outbox, gone = Outbox(db, cipher, clock, work), pushes.gone
    notify = Notify(outbox, db, cipher, policy, clock, work, adapters, gone=gone, customers=lambda: customers.count)
    sessions = Sessions(db, policy, clock, work)
    sanctions = Sanctions(Path(settings.sanctions)) if settings.sanctions else Sanctions()
    verifier = BuiltInVerifier(policy.identity, sanctions)
    origin, apps = settings.public_origin, settings.app_origins
    hasher = hasher_of(cipher, settings.hashing)
    factors = Factors(db, cipher, policy, clock, work, notify, customers, origin, hasher, apps)
    return Services(
        settings=settings,
        clock=clock,
        policy=policy,
        db=db,
        work=work,
        workers=workers,
        press=Press(),
        uploads=Uploads(Path(settings.data)),
        cipher=cipher,
        ledger=ledger,
        reads=reads,
        audit_log=audit_log,
        intents=LedgerIntents(db, clock, work),
        cases=Cases(audit_log, cipher),
        outbox=outbox,
        notify=notify,
        sessions=sessions,
        identity=Identity(db, cipher, clock, work, verifier, workers, policy.identity.two_people_score, settings.zone),
        accounts=Accounts(ledger, policy),
        customers=customers,
        inbox=Inbox(transactions=Transactions(db, work), cipher=cipher, clock=clock),
        wishes=Wishes(
            transactions=Transactions(db, work),
            clock=clock,
            audit_log=audit_log,
            zone=ZoneInfo(settings.zone),
            groups=lambda: {kind: one.group for kind, one in features.notice_kinds().items()},
        ),
        merchants=Merchants(db, settings.mode, ask_seconds=settings.database_seconds, now=clock.now),
        factors=factors,
        verification=Verification(db, cipher, policy, clock, work, factors),
        strangers=Strangers(),
    )


def add_payments(s: Services, codes: Codes) -> None:
    """The decision of payments, which hears of accounts that may not pay any more."""
    limit, verification = s.settings.in_flight_limit, s.verification
    s.codes = codes
    s.key_use = LastUse(s.merchants, s.transactions, s.clock)
    s.limits = PaymentLimits(s.policy, s.customers, s.ledger)
    s.receiving = Receiving(s.policy, s.customers, s.ledger)
    s.payments = Payments(
        s.ledger, codes, s.clock, s.customers, s.reads, s.limits, s.merchants, verification, s.cipher, limit, s.work
    )
    s.accounts.when_stopped(s.payments.end_what_cannot_pay)
    reads = OrderReads(s.settings.read_location, s.settings.database_seconds, at_least=s.ledger.durable_position)
    s.orders = Orders(s.ledger, s.payments, s.merchants, reads, s.reads)
    s.wallet_orders = WalletOrders(
        orders=s.orders,
        ledger=s.ledger,
        limits=s.limits,
        payments=s.payments,
        payment_reads=s.reads,
        customers=s.customers,
        verification=s.verification,
        work=s.work,
    )


def add_outbound(s: Services, reader: Callable[[], Journal]) -> None:
    """What features tell the world of the journal, which `reader` opens."""
    s.follower = Follower(s.outbox, features.outbound(s), s.ledger, reader, s.db, s.clock, s.work)


def add_activity(s: Services) -> None:
    """What asks all features that move money: a customer's movements."""
    s.movement_notes = Notes(transactions=s.transactions, clock=s.clock, cipher=s.cipher)
    s.movement_reports = Reports(transactions=s.transactions, clock=s.clock, cases=s.cases)
    describing = Describing(features.movement_kinds(s))
    s.statements.describe = describing.describe
    s.activity = Activity(ledger=s.ledger, reads=s.reads, describing=describing, notes=s.movement_notes)
    s.public_receipts = PublicReceipts(
        transactions=s.transactions, clock=s.clock, cipher=s.cipher, customers=s.customers, activity=s.activity
    )


def add_back_office(services: Services) -> None:
    """What asks all features: changes that two approve, queues, the sections of a customer's file."""
    s = services
    kinds = ChangeKinds(features.change_kinds(s), s.transactions, s.customers, s.staff.members)
    s.changes = ChangeRequests(
        s.transactions, s.cipher, s.clock, s.audit_log, s.intents, s.staff.members, kinds, s.verification, s.policy
    )
    s.intents.declare(s.changes.intent)
    s.back_office = BackOffice(s, features.staff_queues(s), features.support_sections(s))
