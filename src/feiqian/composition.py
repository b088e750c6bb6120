"""The composition root: builds the services of a bank, once; nothing else knows all. `app` opens what they need."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypedDict
from zoneinfo import ZoneInfo

from feiqian import features
from feiqian.accounts.service import Accounts
from feiqian.audit_log.log import AuditLog
from feiqian.auth.challenges.factors import Factors
from feiqian.auth.challenges.hashing import hasher_of
from feiqian.auth.challenges.service import Verification
from feiqian.auth.changing import Changing
from feiqian.auth.contacts import NewContacts
from feiqian.auth.freezing import Freezing
from feiqian.auth.lost import LostPhones
from feiqian.auth.notices import Notices
from feiqian.auth.preauth import PreAuthRecords
from feiqian.auth.pushes import PushSwitch
from feiqian.auth.reassigned import ReassignedNumbers
from feiqian.auth.recovery import Recovery
from feiqian.auth.secrets import Secrets
from feiqian.auth.security import Security
from feiqian.auth.sessions.service import Sessions
from feiqian.auth.sign_in import SignIn
from feiqian.auth.strangers import Strangers
from feiqian.backoffice.back_office import BackOffice
from feiqian.backoffice.change_kinds import ChangeKinds
from feiqian.backoffice.change_requests import ChangeRequests
from feiqian.backoffice.service import Staff
from feiqian.cases.service import Cases
from feiqian.channels.service import ChannelServices
from feiqian.clock import Clock
from feiqian.customers.applications import Applications
from feiqian.customers.registry import Customers
from feiqian.data_key import data_key_of
from feiqian.db import BankDb
from feiqian.deposits.closing import Closing
from feiqian.deposits.naming import Aliases
from feiqian.deposits.openings import Openings
from feiqian.deposits.read_model.reads import TransferReads
from feiqian.deposits.service import Deposits
from feiqian.deposits.statements import Statements
from feiqian.deposits.states import AccountStates
from feiqian.deposits.transfers import OwnTransfers
from feiqian.kyc.screening import Sanctions
from feiqian.kyc.service import Identity
from feiqian.kyc.verifier import BuiltInVerifier
from feiqian.ledger.journal import Journal
from feiqian.ledger.ledger import Ledger
from feiqian.ledger_intents.service import LedgerIntents
from feiqian.limits.own import OwnLimits
from feiqian.limits.receiving import Receiving
from feiqian.limits.service import PaymentLimits
from feiqian.locks.service import MoneyLocks
from feiqian.merchants.registry import Merchants
from feiqian.notify.adapters import adapters_from
from feiqian.notify.service import Notify
from feiqian.onboarding.newcomers import Newcomers
from feiqian.onboarding.real_name import RealName
from feiqian.onboarding.registration import Registration
from feiqian.outbox.follower import Follower
from feiqian.outbox.service import Outbox
from feiqian.payments.codes import Codes
from feiqian.payments.read_model.reads import PaymentReads
from feiqian.payments.service import Payments
from feiqian.policy.model import Policy
from feiqian.quick.identify import Identify
from feiqian.quick.kept import Kept
from feiqian.quick.own import OwnQuick
from feiqian.quick.paying import QuickPayments
from feiqian.quick.public import PublicQuick
from feiqian.quick.service import QuickService
from feiqian.reminders.movements import Movements
from feiqian.reminders.service import Reminders
from feiqian.reminders.telling import Telling
from feiqian.reminders.words import Wording
from feiqian.runtime.transactions import Transactions
from feiqian.runtime.uploads import Uploads
from feiqian.runtime.work import Work
from feiqian.services import Services
from feiqian.settings import Settings
from feiqian.sources.service import Sources
from feiqian.workers.pool import Workers


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
        merchants=Merchants(db, settings.mode, ask_seconds=settings.database_seconds),
        factors=factors,
        verification=Verification(db, cipher, policy, clock, work, factors),
        strangers=Strangers(),
    )


def add_payments(s: Services, codes: Codes) -> None:
    """The decision of payments, which hears of accounts that may not pay any more."""
    limit, verification = s.settings.in_flight_limit, s.verification
    s.limits = PaymentLimits(s.policy, s.customers, s.ledger)
    s.receiving = Receiving(s.policy, s.customers, s.ledger)
    s.payments = Payments(
        s.ledger, codes, s.clock, s.customers, s.reads, s.limits, s.merchants, verification, s.cipher, limit, s.work
    )
    s.accounts.when_stopped(s.payments.end_what_cannot_pay)


def add_deposits(s: Services) -> None:
    """Deposit accounts, and what is done with them."""
    openings = Openings(
        clock=s.clock,
        cipher=s.cipher,
        customers=s.customers,
        intents=s.intents,
        currencies=s.accounts.currencies,
        prefix=s.settings.account_prefix,
    )
    s.deposits = Deposits(
        transactions=s.transactions,
        clock=s.clock,
        cipher=s.cipher,
        customers=s.customers,
        audit_log=s.audit_log,
        intents=s.intents,
        ledger=s.ledger,
        accounts=s.accounts,
        notices=s.notices,
        openings=openings,
    )
    s.account_states = AccountStates(
        transactions=s.transactions,
        clock=s.clock,
        customers=s.customers,
        audit_log=s.audit_log,
        notices=s.notices,
        intents=s.intents,
        deposits=s.deposits,
    )
    s.aliases = Aliases(
        transactions=s.transactions,
        clock=s.clock,
        cipher=s.cipher,
        customers=s.customers,
        audit_log=s.audit_log,
        notices=s.notices,
        deposits=s.deposits,
    )
    s.accounts.keep_frozen(s.account_states.stay_frozen)
    s.intents.declare(s.deposits.intent, s.account_states.intent)
    _add_movements(s)


def _add_movements(s: Services) -> None:
    """What moves money between a customer's own accounts, and the statements that show it."""
    reads = TransferReads(s.settings.read_location, s.settings.database_seconds, at_least=s.ledger.durable_position)
    s.own_transfers = OwnTransfers(
        transactions=s.transactions,
        ledger=s.ledger,
        deposits=s.deposits,
        reads=reads,
        receives=s.receiving.from_own,
    )
    s.statements = Statements(
        transactions=s.transactions,
        ledger=s.ledger,
        accounts=s.accounts,
        deposits=s.deposits,
        merchants=s.merchants,
        payments=s.reads,
        transfers=reads,
    )
    s.closing = Closing(
        transactions=s.transactions,
        clock=s.clock,
        ledger=s.ledger,
        accounts=s.accounts,
        customers=s.customers,
        audit_log=s.audit_log,
        notices=s.notices,
        intents=s.intents,
        verification=s.verification,
        deposits=s.deposits,
        payments=lambda: s.payments,
        receives=s.receiving.from_own,
    )
    s.intents.declare(s.closing.intent)


def add_sources(s: Services) -> None:
    """What payments by code are taken from."""
    s.sources = Sources(
        transactions=s.transactions,
        clock=s.clock,
        customers=s.customers,
        audit_log=s.audit_log,
        notices=s.notices,
        deposits=s.deposits,
        accounts=s.accounts,
        ledger=s.ledger,
    )


def add_reminders(s: Services) -> None:
    """Who is told of movements of their accounts; the ledger says what was on them after each."""
    movements, wording = Movements(s.ledger), Wording(s.notices, lambda number: s.merchants.name(number))
    s.ledger.annotate(movements)
    s.reminders = Reminders(
        transactions=s.transactions,
        clock=s.clock,
        customers=s.customers,
        audit_log=s.audit_log,
        notices=s.notices,
        accounts=s.accounts,
        deposits=s.deposits,
        movements=movements,
        telling=Telling(
            transactions=s.transactions,
            clock=s.clock,
            customers=s.customers,
            deposits=s.deposits,
            notify=s.notify,
            wording=wording,
        ),
    )


def add_channels(s: Services) -> None:
    """Further channels that customers ask for, and staff open."""
    s.channels = ChannelServices(
        transactions=s.transactions,
        clock=s.clock,
        customers=s.customers,
        audit_log=s.audit_log,
        notices=s.notices,
    )


def add_own_limits(s: Services) -> None:
    """What customers have set for themselves, below the limits of the bank."""
    s.own_limits = OwnLimits(
        transactions=s.transactions,
        clock=s.clock,
        customers=s.customers,
        audit_log=s.audit_log,
        notices=s.notices,
        accounts=s.accounts,
        verification=s.verification,
        delays=s.policy.delays,
        bank=s.limits,
    )
    s.limits.choose_own(s.own_limits)


def add_locks(s: Services) -> None:
    """Money locks of wallets and deposit accounts."""
    s.locks = MoneyLocks(
        transactions=s.transactions,
        clock=s.clock,
        customers=s.customers,
        audit_log=s.audit_log,
        notices=s.notices,
        ledger=s.ledger,
        intents=s.intents,
        accounts=s.accounts,
        deposits=s.deposits,
        verification=s.verification,
        delays=s.policy.delays,
    )
    s.intents.declare(*s.locks.kinds)


def add_quick(s: Services) -> None:
    """Quick payment from deposit accounts; it hears of numbers that change."""
    common: _Common = {
        "transactions": s.transactions,
        "clock": s.clock,
        "customers": s.customers,
        "audit_log": s.audit_log,
        "notices": s.notices,
    }
    s.quick = QuickService(**common, deposits=s.deposits, when_opened=s.reminders.by_default)
    s.own_quick = OwnQuick(**common, verification=s.verification, deposits=s.deposits, quick=s.quick)
    s.customers.profiles.when_mobile_changed(s.quick.mobile_changed)
    s.public_quick = PublicQuick(
        **common,
        work=s.work,
        verification=s.verification,
        records=s.recovery.records,
        applications=s.registration.applications,
        strangers=s.strangers,
        cipher=s.cipher,
        deposits=s.deposits,
        quick=s.quick,
    )


class _Common(TypedDict):
    """What all services of customers' access take."""

    transactions: Transactions
    clock: Clock
    customers: Customers
    audit_log: AuditLog
    notices: Notices


class _PreAuth(_Common):
    """What the pre-auth flows take besides."""

    work: Work
    verification: Verification
    records: PreAuthRecords


def add_access(s: Services) -> None:
    """Who customers and staff are, what they prove, and what customers change of it."""
    clock, customers, identity, strangers = s.clock, s.customers, s.identity, s.strangers
    s.notices = Notices(customers=customers, notify=s.notify, policy=s.policy, zone=ZoneInfo(s.settings.zone))
    common: _Common = {
        "transactions": s.transactions,
        "clock": clock,
        "customers": customers,
        "audit_log": s.audit_log,
        "notices": s.notices,
    }
    records = PreAuthRecords(cipher=s.cipher, clock=clock, customers=customers, identity=identity, strangers=strangers)
    secrets = Secrets(work=s.work, customers=customers, identity=identity, factors=s.factors, sessions=s.sessions)
    s.freezing = Freezing(**common, accounts=s.accounts, intents=s.intents)
    s.reassigned_numbers = ReassignedNumbers(**common, sessions=s.sessions)
    s.real_name = RealName(
        **common, work=s.work, policy=s.policy, accounts=s.accounts, identity=identity, intents=s.intents
    )
    s.lost_phones = LostPhones(
        **common,
        cipher=s.cipher,
        rules=s.policy.reports,
        cases=s.cases,
        records=records,
        strangers=strangers,
        freezing=s.freezing,
    )
    _add_pre_auth(s, {**common, "work": s.work, "verification": s.verification, "records": records}, secrets)
    _add_security(s, common, secrets)
    s.intents.declare(s.real_name.intent, s.freezing.intent)
    s.staff = Staff(s.db, s.cipher, s.clock, s.work, s.audit_log, s.sessions, s.verification, s.factors)


def _add_pre_auth(s: Services, common: _PreAuth, secrets: Secrets) -> None:
    """What is asked before somebody is signed in, or before an address is theirs."""
    applications = Applications(s.cipher)
    newcomers = Newcomers(rules=s.policy.identity, identity=s.identity, audit_log=s.audit_log, notices=s.notices)
    s.registration = Registration(
        **common,
        applications=applications,
        newcomers=newcomers,
        strangers=s.strangers,
        identity=s.identity,
        factors=s.factors,
        sessions=s.sessions,
    )
    s.sign_in = SignIn(**common, sessions=s.sessions)
    s.recovery = Recovery(**common, cases=s.cases, secrets=secrets)
    s.new_contacts = NewContacts(**common, applications=applications)


def _add_security(s: Services, common: _Common, secrets: Secrets) -> None:
    """For customers who are signed in."""
    s.changing = Changing(
        **common,
        sessions=s.sessions,
        factors=s.factors,
        verification=s.verification,
        contacts=s.new_contacts,
        secrets=secrets,
    )
    s.push_switch = PushSwitch(**common, private=s.settings.push_private)
    s.sessions.when_signed_out(s.customers.profiles.pushes.signed_out)
    s.security = Security(
        **common,
        policy=s.policy,
        accounts=s.accounts,
        sessions=s.sessions,
        factors=s.factors,
        verification=s.verification,
        customer_cases=s.cases,
        freezing=s.freezing,
    )


def add_quick_payments(s: Services) -> None:
    """Paying by quick payment, signed in or not."""
    s.quick_payments = QuickPayments(
        transactions=s.transactions,
        clock=s.clock,
        customers=s.customers,
        audit_log=s.audit_log,
        notices=s.notices,
        work=s.work,
        verification=s.verification,
        records=s.recovery.records,
        identify=Identify(records=s.recovery.records, cipher=s.cipher, quick=s.quick),
        deposits=s.deposits,
        factors=s.factors,
        merchants=s.merchants,
        payments=s.payments,
        policy=s.policy,
        ledger=s.ledger,
        payment_reads=s.reads,
        kept=Kept(),
    )


def add_outbound(s: Services, reader: Callable[[], Journal]) -> None:
    """What features tell the world of the journal, which `reader` opens."""
    s.follower = Follower(s.outbox, features.outbound(s), s.ledger, reader, s.db, s.clock, s.work)


def add_back_office(services: Services) -> None:
    """What asks all features: changes that two approve, queues, the sections of a customer's file."""
    s = services
    kinds = ChangeKinds(features.change_kinds(s), s.transactions, s.customers, s.staff.members)
    s.changes = ChangeRequests(
        s.transactions, s.cipher, s.clock, s.audit_log, s.intents, s.staff.members, kinds, s.verification, s.policy
    )
    s.intents.declare(s.changes.intent)
    s.back_office = BackOffice(s, features.staff_queues(s), features.support_sections(s))
