"""What the faces (API, pages, demo) are given: every part of the running bank, built once by `feiqian.composition`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from feiqian.runtime.alarms import Alarms, Readiness
from feiqian.runtime.metrics import Live, Metrics
from feiqian.runtime.transactions import Transactions
from feiqian.settings import Settings

if TYPE_CHECKING:
    from feiqian.accounts.service import Accounts
    from feiqian.activity.notes import Notes
    from feiqian.activity.public_receipts import PublicReceipts
    from feiqian.activity.reports import Reports
    from feiqian.activity.service import Activity
    from feiqian.audit_log.log import AuditLog
    from feiqian.auth.challenges.factors import Factors
    from feiqian.auth.challenges.service import Verification
    from feiqian.auth.changing import Changing
    from feiqian.auth.contacts import NewContacts
    from feiqian.auth.freezing import Freezing
    from feiqian.auth.lost import LostPhones
    from feiqian.auth.notices import Notices
    from feiqian.auth.pushes import PushSwitch
    from feiqian.auth.reassigned import ReassignedNumbers
    from feiqian.auth.recovery import Recovery
    from feiqian.auth.security import Security
    from feiqian.auth.sessions.service import Sessions
    from feiqian.auth.sign_in import SignIn
    from feiqian.auth.strangers import Strangers
    from feiqian.auth.work_sign_in import WorkSignIn
    from feiqian.backoffice.back_office import BackOffice
    from feiqian.backoffice.change_requests import ChangeRequests
    from feiqian.backoffice.service import Staff
    from feiqian.cases.service import Cases
    from feiqian.channels.service import ChannelServices
    from feiqian.clock import Clock
    from feiqian.customers.registry import Customers
    from feiqian.db import BankDb
    from feiqian.deposits.closing import Closing
    from feiqian.deposits.naming import Aliases
    from feiqian.deposits.service import Deposits
    from feiqian.deposits.statements import Statements
    from feiqian.deposits.states import AccountStates
    from feiqian.deposits.transfers import OwnTransfers
    from feiqian.developers.key_desk import KeyDesk
    from feiqian.developers.order_desk import OrderDesk
    from feiqian.field_cipher import FieldCipher
    from feiqian.home.service import Arrangements
    from feiqian.inbox.service import Inbox
    from feiqian.inbox.wishes import Wishes
    from feiqian.kyc.service import Identity
    from feiqian.ledger.ledger import Ledger
    from feiqian.ledger_intents.service import LedgerIntents
    from feiqian.limits.own import OwnLimits
    from feiqian.limits.receiving import Receiving
    from feiqian.limits.service import PaymentLimits
    from feiqian.locks.service import MoneyLocks
    from feiqian.merchant_users.invitations import BankInvitations
    from feiqian.merchant_users.own import OwnAccess
    from feiqian.merchant_users.people import People
    from feiqian.merchant_users.service import MerchantUsers
    from feiqian.merchants.last_use import LastUse
    from feiqian.merchants.registry import Merchants
    from feiqian.notify.service import Notify
    from feiqian.offline_codes.service import OfflineCodes
    from feiqian.onboarding.real_name import RealName
    from feiqian.onboarding.registration import Registration
    from feiqian.orders.from_wallet import WalletOrders
    from feiqian.orders.service import Orders
    from feiqian.outbox.follower import Follower
    from feiqian.outbox.service import Outbox
    from feiqian.packets.drafts import PacketDrafts
    from feiqian.packets.reporting import PacketReports
    from feiqian.packets.returning import Returner
    from feiqian.packets.service import Packets
    from feiqian.payees.aliases import ReceivingAliases
    from feiqian.payees.service import Payees
    from feiqian.payments.codes import Codes
    from feiqian.payments.read_model.reads import PaymentReads
    from feiqian.payments.service import Payments
    from feiqian.policy.model import Policy
    from feiqian.printing.press import Press
    from feiqian.projections.reads import Reads
    from feiqian.quick.own import OwnQuick
    from feiqian.quick.paying import QuickPayments
    from feiqian.quick.public import PublicQuick
    from feiqian.quick.remembered import RememberedDevices
    from feiqian.quick.service import QuickService
    from feiqian.reminders.service import Reminders
    from feiqian.requests.blocking import Blocking
    from feiqian.requests.codes import ReceiveCodes
    from feiqian.requests.paying import PayingRequests
    from feiqian.requests.service import MoneyRequests
    from feiqian.requests.splitting import Splits
    from feiqian.runtime.uploads import Uploads
    from feiqian.runtime.work import Work
    from feiqian.scheduled.running import Running
    from feiqian.scheduled.service import Schedules
    from feiqian.sources.service import Sources
    from feiqian.statements.service import StatementFiles
    from feiqian.subjects import Role
    from feiqian.transfers.drafts import TransferDrafts
    from feiqian.transfers.reporting import NoteReports
    from feiqian.transfers.service import PersonTransfers
    from feiqian.webhooks.service import Webhooks
    from feiqian.workers.pool import Workers


@dataclass(slots=True)
class Services:
    """One running bank: what its features stand on, then the features. `live` observes payments only, `metrics` every
    request."""

    settings: Settings
    clock: Clock
    policy: Policy
    db: BankDb
    work: Work
    workers: Workers
    press: Press
    uploads: Uploads
    cipher: FieldCipher
    ledger: Ledger
    reads: PaymentReads
    audit_log: AuditLog
    intents: LedgerIntents
    cases: Cases
    outbox: Outbox
    notify: Notify
    sessions: Sessions
    identity: Identity
    accounts: Accounts
    customers: Customers
    inbox: Inbox
    wishes: Wishes
    merchants: Merchants
    factors: Factors
    verification: Verification
    strangers: Strangers
    key_use: LastUse = field(init=False)
    limits: PaymentLimits = field(init=False)
    receiving: Receiving = field(init=False)
    codes: Codes = field(init=False)
    payments: Payments = field(init=False)
    offline_codes: OfflineCodes = field(init=False)
    orders: Orders = field(init=False)
    wallet_orders: WalletOrders = field(init=False)
    registration: Registration = field(init=False)
    sign_in: SignIn = field(init=False)
    recovery: Recovery = field(init=False)
    security: Security = field(init=False)
    changing: Changing = field(init=False)
    push_switch: PushSwitch = field(init=False)
    new_contacts: NewContacts = field(init=False)
    lost_phones: LostPhones = field(init=False)
    real_name: RealName = field(init=False)
    freezing: Freezing = field(init=False)
    reassigned_numbers: ReassignedNumbers = field(init=False)
    notices: Notices = field(init=False)
    at_work: dict[Role, WorkSignIn[Any, Any]] = field(default_factory=dict)  # each kind that signs in to work
    staff: Staff = field(init=False)
    merchant_users: MerchantUsers = field(init=False)
    people: People = field(init=False)
    own_access: OwnAccess = field(init=False)
    bank_invitations: BankInvitations = field(init=False)
    deposits: Deposits = field(init=False)
    account_states: AccountStates = field(init=False)
    aliases: Aliases = field(init=False)
    sources: Sources = field(init=False)
    own_transfers: OwnTransfers = field(init=False)
    payees: Payees = field(init=False)
    receiving_aliases: ReceivingAliases = field(init=False)
    person_transfers: PersonTransfers = field(init=False)
    schedules: Schedules = field(init=False)
    scheduled_running: Running = field(init=False)
    packets: Packets = field(init=False)
    packet_drafts: PacketDrafts = field(init=False)
    packet_reports: PacketReports = field(init=False)
    packets_returning: Returner = field(init=False)
    transfer_drafts: TransferDrafts = field(init=False)
    note_reports: NoteReports = field(init=False)
    receive_codes: ReceiveCodes = field(init=False)
    money_requests: MoneyRequests = field(init=False)
    paying_requests: PayingRequests = field(init=False)
    request_blocking: Blocking = field(init=False)
    splits: Splits = field(init=False)
    statements: Statements = field(init=False)
    closing: Closing = field(init=False)
    own_limits: OwnLimits = field(init=False)
    locks: MoneyLocks = field(init=False)
    quick: QuickService = field(init=False)
    own_quick: OwnQuick = field(init=False)
    public_quick: PublicQuick = field(init=False)
    reminders: Reminders = field(init=False)
    arrangements: Arrangements = field(init=False)
    channels: ChannelServices = field(init=False)
    follower: Follower = field(init=False)
    activity: Activity = field(init=False)  # whose kinds ask all features
    movement_notes: Notes = field(init=False)
    movement_reports: Reports = field(init=False)
    public_receipts: PublicReceipts = field(init=False)
    statement_files: StatementFiles = field(init=False)
    changes: ChangeRequests = field(init=False)  # whose kinds ask all features
    back_office: BackOffice = field(init=False)
    quick_payments: QuickPayments = field(init=False)
    quick_devices: RememberedDevices = field(init=False)
    webhooks: Webhooks = field(init=False)
    key_desk: KeyDesk = field(init=False)
    order_desk: OrderDesk = field(init=False)
    live: Live = field(default_factory=Live)
    metrics: Metrics = field(default_factory=Metrics)
    alarms: Alarms = field(init=False)
    readiness: Readiness = field(init=False)

    @property
    def transactions(self) -> Transactions:
        """Of the feature database, in its pool."""
        return Transactions(self.db, self.work)

    @property
    def all_reads(self) -> tuple[Reads, ...]:
        """What the read models are asked by."""
        between_people = self.person_transfers.reads, self.packets.reads
        return self.reads, self.orders.reads, self.own_transfers.reads, *between_people

    def __post_init__(self) -> None:
        self.alarms = Alarms(self.metrics)
        self.readiness = Readiness(self.alarms)
