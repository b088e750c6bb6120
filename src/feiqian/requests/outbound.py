"""What the journal says of transfers that pay requests: the asker is told, and the request follows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection

from feiqian.events import Fact, PersonTransferDecided, PersonTransferEnded, tag_of_kind
from feiqian.ids import MONEY_REQUEST
from feiqian.outbox.model import Origin, Outbound

if TYPE_CHECKING:
    from feiqian.services import Services

_ABOUT, _ENDED = MONEY_REQUEST.encode(), tag_of_kind(PersonTransferEnded)


class PaidRequests(Outbound):
    """So a request is paid whatever ended the process after the ledger had decided."""

    name = "paid_requests"
    kinds = (PersonTransferDecided, PersonTransferEnded)

    def __init__(self, services: Services) -> None:
        self._requests = services.money_requests

    def concerns(self, fact: bytes) -> bool:
        return _ABOUT in fact or _ENDED in fact

    def tell(self, connection: Connection, fact: Fact, origin: Origin, now: int) -> None:
        if isinstance(fact, PersonTransferDecided | PersonTransferEnded):
            self._requests.settle(connection, fact)


OUTBOUND = (PaidRequests,)
