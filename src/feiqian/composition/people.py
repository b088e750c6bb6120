"""Money between people: built here, for the composition root. Stands on deposit accounts, sources and limits."""

from __future__ import annotations

from feiqian.payees.aliases import ReceivingAliases
from feiqian.payees.service import Payees
from feiqian.services import Services
from feiqian.transfers.decide import Decider
from feiqian.transfers.drafts import Drafts
from feiqian.transfers.read_model.reads import PersonTransferReads
from feiqian.transfers.reporting import NoteReports
from feiqian.transfers.service import PersonTransfers

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
    s.person_transfers = PersonTransfers(
        transactions=s.transactions,
        ledger=s.ledger,
        payees=s.payees,
        deposits=s.deposits,
        sources=s.sources,
        limits=s.limits,
        verification=s.verification,
        decider=Decider(ledger=s.ledger, limits=s.limits, payees=s.payees),
        reads=PersonTransferReads(
            s.settings.read_location, s.settings.database_seconds, at_least=s.ledger.durable_position
        ),
    )
    s.transfer_drafts = Drafts(
        transactions=s.transactions,
        clock=s.clock,
        cipher=s.cipher,
        transfers=s.person_transfers,
    )
    s.note_reports = NoteReports(**common_of(s), cases=s.cases, transfers=s.person_transfers)
