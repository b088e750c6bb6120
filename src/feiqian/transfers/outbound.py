"""What senders are told of money that is held, waits, has gone or has come back; and whoever it waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection

from feiqian.events import Fact, PersonTransferDecided, PersonTransferEnded, PersonTransferStatus, tag_of, tag_of_kind
from feiqian.notify.values import Amount, At, Value
from feiqian.outbox.model import Origin, Outbound

if TYPE_CHECKING:
    from feiqian.services import Services

_ENDED = tag_of_kind(PersonTransferEnded)
_HELD = PersonTransferStatus.HELD.encode(), PersonTransferStatus.WAITING.encode()
_KINDS = {
    PersonTransferStatus.HELD: "transfer_held",
    PersonTransferStatus.WAITING: "transfer_waiting",
    PersonTransferStatus.SUCCEEDED: "transfer_brought",
    PersonTransferStatus.RETURNED: "transfer_returned",
}


class HeldTransfers(Outbound):
    """Senders cancel themselves what is cancelled, and need no message of it."""

    name = "held_transfers"
    kinds = (PersonTransferDecided, PersonTransferEnded)

    def __init__(self, services: Services) -> None:
        self._notices, self._waiting = services.notices, services.person_transfers.waiting

    def concerns(self, fact: bytes) -> bool:
        return tag_of(fact) == _ENDED or any(status in fact for status in _HELD)

    def tell(self, connection: Connection, fact: Fact, origin: Origin, now: int) -> None:
        if not isinstance(fact, PersonTransferDecided | PersonTransferEnded):
            return
        kind = _KINDS.get(fact.status)
        if kind is None or (isinstance(fact, PersonTransferDecided) and not fact.held_until):
            return
        values: dict[str, Value] = {"amount": Amount(fact.amount, fact.currency), "payee": fact.payee}
        if isinstance(fact, PersonTransferDecided):
            values["until"] = At(fact.held_until)
        self._notices.tell(connection, fact.sender, kind, now, values, f"/transfers/{fact.id}")
        if isinstance(fact, PersonTransferDecided) and fact.status is PersonTransferStatus.WAITING:
            self._waiting.tell(connection, fact, now)


OUTBOUND = (HeldTransfers,)
