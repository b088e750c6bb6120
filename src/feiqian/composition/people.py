"""Money between people: built here, for the composition root. Stands on deposit accounts, sources and limits."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from feiqian.payees.aliases import ReceivingAliases
from feiqian.payees.service import Payees
from feiqian.requests.blocking import Blocking
from feiqian.requests.codes import ReceiveCodes
from feiqian.requests.paying import PayingRequests
from feiqian.requests.service import MoneyRequests
from feiqian.requests.splitting import Splits
from feiqian.requests.ways import ByCode, ByRequest
from feiqian.scheduled.running import Running
from feiqian.scheduled.service import Schedules
from feiqian.services import Services
from feiqian.transfers.caution import Caution
from feiqian.transfers.decide import Decider
from feiqian.transfers.drafts import TransferDrafts
from feiqian.transfers.ending import Endings
from feiqian.transfers.read_model.reads import PersonTransferReads
from feiqian.transfers.reporting import NoteReports
from feiqian.transfers.service import PersonTransfers
from feiqian.transfers.waiting import WaitingNumbers

from .access import common_of


def add_people(s: Services) -> None:
    """Who can be sent money, and sending it."""
    s.receiving_aliases = ReceivingAliases(**common_of(s), cipher=s.cipher)
    s.payees = Payees(
        **common_of(s),
        cipher=s.cipher,
        ledger=s.ledger,
        deposits=s.deposits,
        receiving=s.receiving,
        policy=s.policy,
        aliases=s.receiving_aliases,
    )
    settings, ledger = s.settings, s.ledger
    reads = PersonTransferReads(settings.read_location, settings.database_seconds, at_least=ledger.durable_position)
    stuck = s.alarms.new("transfers_not_ended", "transfers that are held or wait have not ended on time")
    endings = Endings(ledger=ledger, payees=s.payees, reads=reads, alarm=stuck)
    zone = ZoneInfo(settings.zone)
    s.person_transfers = PersonTransfers(
        transactions=s.transactions,
        ledger=s.ledger,
        payees=s.payees,
        deposits=s.deposits,
        sources=s.sources,
        limits=s.limits,
        verification=s.verification,
        decider=Decider(ledger=s.ledger, limits=s.limits, payees=s.payees),
        caution=Caution(rules=s.policy.transfers, ledger=ledger, customers=s.customers, reads=reads, zone=zone),
        endings=endings,
        waiting=WaitingNumbers(**common_of(s), cipher=s.cipher, endings=endings),
        reads=reads,
    )
    s.transfer_drafts = TransferDrafts(
        transactions=s.transactions,
        clock=s.clock,
        cipher=s.cipher,
        service=s.person_transfers,
    )
    s.note_reports = NoteReports(**common_of(s), cases=s.cases, transfers=s.person_transfers)
    _add_scheduled(s, zone)


def _add_scheduled(s: Services, zone: ZoneInfo) -> None:
    """Transfers that are made later."""
    s.schedules = Schedules(
        **common_of(s),
        cipher=s.cipher,
        verification=s.verification,
        limits=s.limits,
        transfers=s.person_transfers,
        zone=zone,
    )
    s.scheduled_running = Running(
        schedules=s.schedules,
        payees=s.payees,
        notices=s.notices,
        rules=s.policy.transfers,
        clock=s.clock,
        audit_log=s.audit_log,
        altered=s.alarms.new("schedules_altered", "a scheduled transfer was stopped that is not as it was confirmed"),
        failing=s.alarms.new("schedules_failing", "scheduled transfers cannot be made"),
    )


def add_requests(s: Services) -> None:
    """Asking for money. Stands on transfers between people."""
    common = common_of(s)
    s.receive_codes = ReceiveCodes(transactions=s.transactions, clock=s.clock, customers=s.customers, payees=s.payees)
    s.payees.take_up(ByCode(s.receive_codes))
    s.payees.take_up(ByRequest())
    s.money_requests = MoneyRequests(**common, cipher=s.cipher, payees=s.payees, codes=s.receive_codes)
    s.paying_requests = PayingRequests(
        transactions=s.transactions,
        ledger=s.ledger,
        limits=s.limits,
        payees=s.payees,
        verification=s.verification,
        transfers=s.person_transfers,
        requests=s.money_requests,
    )
    s.request_blocking = Blocking(**common, notes=s.note_reports, requests=s.money_requests)
    s.splits = Splits(**common, cipher=s.cipher, requests=s.money_requests)
