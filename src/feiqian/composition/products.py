"""What customers have beside their wallets: built here, for the composition root."""

from __future__ import annotations

from collections.abc import Sequence

from feiqian.channels.service import ChannelServices
from feiqian.customers.phones import PhoneDevices
from feiqian.deposits.closing import Closing
from feiqian.deposits.naming import Aliases
from feiqian.deposits.openings import Openings
from feiqian.deposits.read_model.reads import TransferReads
from feiqian.deposits.service import Deposits
from feiqian.deposits.statements import Statements
from feiqian.deposits.states import AccountStates
from feiqian.deposits.transfers import OwnTransfers
from feiqian.developers.key_desk import KeyDesk
from feiqian.developers.order_desk import OrderDesk
from feiqian.home.service import Arrangements
from feiqian.ids import CustomerNumber
from feiqian.limits.own import OwnLimits
from feiqian.limits.paid_before import PaidBefore
from feiqian.locks.service import MoneyLocks
from feiqian.money import CurrencyNumber, MinorUnits
from feiqian.offline_codes.service import OfflineCodes
from feiqian.quick.identify import Identify
from feiqian.quick.kept import Kept
from feiqian.quick.own import OwnQuick
from feiqian.quick.paying import QuickPayments
from feiqian.quick.public import PublicQuick
from feiqian.quick.remembered import RememberedDevices
from feiqian.quick.service import QuickService
from feiqian.reminders.service import Reminders
from feiqian.reminders.telling import Telling
from feiqian.reminders.watching import Movements
from feiqian.reminders.words import Wording
from feiqian.services import Services
from feiqian.sources.service import Sources
from feiqian.webhooks.service import Webhooks

from .access import common_of
from .packets import add_packets
from .people import add_people, add_requests


def add_products(s: Services) -> None:
    """What customers have beside their wallets. Stands on access, and on the limits of payments."""
    _add_deposits(s)
    _add_movements(s)
    _add_sources(s)
    s.arrangements = Arrangements(transactions=s.transactions)
    _add_own_limits(s)
    _add_locks(s)
    _add_reminders(s)
    _add_channels(s)
    _add_quick(s)
    _add_webhooks(s)
    add_people(s)
    add_requests(s)
    add_packets(s)


def add_offline_codes(s: Services) -> None:
    """Codes for phones without network, which end with the phone's sign-in. Stands on payments and access."""
    phones = PhoneDevices(issuing=s.customers.issuing, clock=s.clock)
    s.offline_codes = OfflineCodes(
        **common_of(s),
        sessions=s.sessions,
        accounts=s.accounts,
        policy=s.policy,
        phones=phones,
        codes=s.codes,
        ledger=s.ledger,
    )
    s.sessions.when_signed_out(phones.signed_out)


def _add_deposits(s: Services) -> None:
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
        **common_of(s), cipher=s.cipher, intents=s.intents, ledger=s.ledger, accounts=s.accounts, openings=openings
    )
    s.account_states = AccountStates(**common_of(s), intents=s.intents, deposits=s.deposits)
    s.aliases = Aliases(**common_of(s), cipher=s.cipher, deposits=s.deposits)
    s.accounts.keep_frozen(s.account_states.stay_frozen)
    s.intents.declare(s.deposits.intent, s.account_states.intent)


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
        payments=s.reads,
    )
    s.closing = Closing(
        **common_of(s),
        ledger=s.ledger,
        accounts=s.accounts,
        intents=s.intents,
        verification=s.verification,
        deposits=s.deposits,
        payments=lambda: s.payments,
        receives=s.receiving.from_own,
    )
    s.intents.declare(s.closing.intent)


def _add_sources(s: Services) -> None:
    """What payments by code are taken from."""
    s.sources = Sources(**common_of(s), deposits=s.deposits, accounts=s.accounts, ledger=s.ledger)


def _add_reminders(s: Services) -> None:
    """Who is told of movements of their accounts; the ledger says what was on them after each."""
    movements, wording = Movements(s.ledger), Wording(s.notices, lambda number: s.merchants.name(number))
    s.ledger.annotate(movements)
    s.reminders = Reminders(
        **common_of(s),
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


def _add_channels(s: Services) -> None:
    """Further channels that customers ask for, and staff open."""
    s.channels = ChannelServices(**common_of(s))


def _add_own_limits(s: Services) -> None:
    """What customers have set for themselves, below the limits of the bank."""

    async def paid_on(
        customer: CustomerNumber, currency: CurrencyNumber, days: Sequence[int], position: int
    ) -> MinorUnits:
        await s.reads.wait(position)
        return await s.reads.paid_on_days(customer, currency, days)

    s.own_limits = OwnLimits(
        **common_of(s),
        accounts=s.accounts,
        verification=s.verification,
        delays=s.policy.delays,
        bank=s.limits,
        paid_before=PaidBefore(s.ledger, paid_on),
    )
    s.limits.choose_own(s.own_limits)


def _add_locks(s: Services) -> None:
    """Money locks of wallets and deposit accounts."""
    s.locks = MoneyLocks(
        **common_of(s),
        ledger=s.ledger,
        intents=s.intents,
        accounts=s.accounts,
        deposits=s.deposits,
        verification=s.verification,
        delays=s.policy.delays,
    )
    s.intents.declare(*s.locks.kinds)


def _add_quick(s: Services) -> None:
    """Quick payment from deposit accounts; it hears of numbers that change."""
    common = common_of(s)
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


def _add_webhooks(s: Services) -> None:
    """What merchants' systems are told."""
    loopback = s.settings.webhook_loopback
    s.webhooks = Webhooks(
        s.transactions, s.clock, s.cipher, s.audit_log, s.outbox, s.notify, s.merchants, loopback=loopback
    )


def add_quick_payments(s: Services) -> None:
    """Paying by quick payment, signed in or not; and what else joins payments to products."""
    s.orders.capturing.moved = s.reminders.movements.moved
    identify = Identify(records=s.recovery.records, cipher=s.cipher, quick=s.quick)
    s.quick_devices = RememberedDevices(**common_of(s), deposits=s.deposits, identify=identify, cipher=s.cipher)
    s.quick_payments = QuickPayments(
        **common_of(s),
        work=s.work,
        verification=s.verification,
        records=s.recovery.records,
        identify=identify,
        deposits=s.deposits,
        factors=s.factors,
        merchants=s.merchants,
        payments=s.payments,
        orders=s.orders,
        policy=s.policy,
        limits=s.limits,
        ledger=s.ledger,
        payment_reads=s.reads,
        kept=Kept(),
        remembered=s.quick_devices,
    )
    _add_developers(s)


def _add_developers(s: Services) -> None:
    """What merchants' people do with keys and orders."""
    s.key_desk = KeyDesk(
        transactions=s.transactions,
        clock=s.clock,
        verification=s.verification,
        merchants=s.merchants,
        users=s.merchant_users.users,
        mode=s.settings.mode,
    )
    s.order_desk = OrderDesk(
        transactions=s.transactions,
        clock=s.clock,
        verification=s.verification,
        audit_log=s.audit_log,
        orders=s.orders,
    )
