"""What somebody has written on a red packet, reported by whom it came to."""

from __future__ import annotations

from dataclasses import dataclass

from feiqian.cases.model import Case
from feiqian.ids import NO_CUSTOMER, CustomerNumber
from feiqian.packets.service import Packets
from feiqian.transfers.errors import NoteNotReportable
from feiqian.transfers.reporting import NoteReports, Written


@dataclass(frozen=True, slots=True)
class PacketReports:
    """Of one bank."""

    packets: Packets
    notes: NoteReports

    async def report(self, reader: CustomerNumber, id: str, code: str = "") -> Case:
        """Opens a case with what is known of the note; reported again by the same customer, it is that case. `code`: as
        of `Packets.get`. Raises PacketNotFound, NoteNotReportable, ReportsUsedUp."""
        fact = (await self.packets.get(reader, id, code)).fact
        if fact.sender == reader or not fact.note:
            raise NoteNotReportable
        what = fact.id, fact.sender, fact.amount, fact.currency, fact.created_at, fact.note
        return await self.notes.of(reader, Written("packet", *what, shared=fact.receiver == NO_CUSTOMER))
