"""What customers are told of red packets: who is to take one, and its sender of what has become of it. Never a link."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from feiqian.events import Fact, PacketMade, PacketReturned, PacketStatus, PacketTaken
from feiqian.ids import NO_CUSTOMER, CustomerNumber
from feiqian.notify.values import Amount, Value
from feiqian.outbox.model import Origin, Outbound
from feiqian.strings.masking import masked_name

if TYPE_CHECKING:
    from feiqian.services import Services


class PacketNotices(Outbound):
    """By the inbox, and by messages as each wants them."""

    name = "packets"
    kinds = (PacketMade, PacketTaken, PacketReturned)

    def __init__(self, services: Services) -> None:
        self._customers, self._notices = services.customers, services.notices

    def tell(self, connection: Connection, fact: Fact, origin: Origin, now: int) -> None:
        if isinstance(fact, PacketMade):
            if fact.status is PacketStatus.OPEN and fact.receiver != NO_CUSTOMER:
                self._tell(
                    connection, fact.receiver, "packet_for_you", fact.id, self._who(connection, fact.sender), now
                )
        elif isinstance(fact, PacketTaken):
            self._taken(connection, fact, now)
        elif isinstance(fact, PacketReturned):
            values = {"amount": Amount(fact.amount, fact.currency)}
            self._tell(connection, fact.sender, "packet_returned", fact.id, values, now)

    def _taken(self, connection: Connection, fact: PacketTaken, now: int) -> None:
        """Of one with many shares the sender hears when all are gone, and not of each."""
        if fact.left:
            return
        if fact.place:
            self._tell(connection, fact.sender, "packet_gone", fact.id, {"count": str(fact.place + 1)}, now)
        elif fact.sender != fact.receiver:
            values = self._who(connection, fact.receiver) | {"amount": Amount(fact.amount, fact.currency)}
            self._tell(connection, fact.sender, "packet_taken", fact.id, values, now)

    def _tell(
        self, connection: Connection, to: CustomerNumber, kind: str, packet: str, values: Mapping[str, Value], now: int
    ) -> None:
        self._notices.tell(connection, to, kind, now, values, path=f"/packets/{packet}")

    def _who(self, connection: Connection, number: CustomerNumber) -> dict[str, Value]:
        known = self._customers.by_number(connection, number)
        return {"who": masked_name(known.name) if known is not None else ""}


OUTBOUND = (PacketNotices,)
