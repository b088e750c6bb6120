"""Red packets: built here, for the composition root. Stands on payees and what transfers stand on."""

from __future__ import annotations

from feiqian.packets.drafts import PacketDrafts
from feiqian.packets.filling import Filler
from feiqian.packets.links import PacketLinks
from feiqian.packets.read_model.reads import PacketReads
from feiqian.packets.reporting import PacketReports
from feiqian.packets.returning import Returner
from feiqian.packets.service import Packets
from feiqian.packets.taking import Taker
from feiqian.services import Services


def add_packets(s: Services) -> None:
    """Making and taking them, and what returns."""
    rules, settings = s.policy.packets, s.settings
    s.packets = Packets(
        transactions=s.transactions,
        ledger=s.ledger,
        payees=s.payees,
        deposits=s.deposits,
        sources=s.sources,
        limits=s.limits,
        verification=s.verification,
        rules=rules,
        filler=Filler(ledger=s.ledger, limits=s.limits, payees=s.payees, rules=rules),
        taker=Taker(ledger=s.ledger, payees=s.payees, rules=rules),
        links=PacketLinks(settings.public_origin, s.cipher),
        reads=PacketReads(settings.read_location, settings.database_seconds, at_least=s.ledger.durable_position),
    )
    s.packet_drafts = PacketDrafts(transactions=s.transactions, clock=s.clock, cipher=s.cipher, service=s.packets)
    s.packet_reports = PacketReports(s.packets, s.note_reports)
    s.packets_returning = Returner(
        transactions=s.transactions,
        ledger=s.ledger,
        alarm=s.alarms.new("packets_not_returned", "what is left in red packets cannot return to its sender"),
    )
