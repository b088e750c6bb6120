"""What waits for staff: what a feature says of each queue in its `queues.py`, and all queues of a bank."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import ClassVar, NamedTuple, TypeVar

from sqlalchemy import Connection

from feiqian.backoffice.model import StaffMember, StaffRole
from feiqian.runtime.transactions import Transactions, reads

LAST = 100


class StaffQueue(ABC):
    """One queue. Its pages are under /staff/<name>, its texts "staff.nav.<name>", "staff.queue.<name>" and ".text"."""

    name: ClassVar[str]
    icon: ClassVar[str]
    roles: ClassVar[frozenset[StaffRole]]  # who works on it: any one of these
    order: ClassVar[int] = LAST  # where it stands in the console's navigation
    looks: ClassVar[frozenset[str]] = frozenset()  # what the audit log calls looks of staff, which are for auditors

    @property
    def address(self) -> str:
        return f"/staff/{self.name}"

    @abstractmethod
    def count_waiting(self, connection: Connection) -> int:
        """How many wait, without a look at anything of a customer."""


Q = TypeVar("Q", bound=StaffQueue)


class Waiting(NamedTuple):
    """How much waits in a queue."""

    queue: StaffQueue
    waiting: int


class StaffQueues:
    """All queues of one bank."""

    def __init__(self, queues: Iterable[StaffQueue], transactions: Transactions) -> None:
        self.transactions = transactions
        self._queues = {type(queue): queue for queue in sorted(queues, key=lambda queue: queue.order)}

    def get(self, queue: type[Q]) -> Q:
        """The one of this class. Raises KeyError."""
        found = self._queues[queue]
        assert isinstance(found, queue)
        return found

    def of(self, member: StaffMember) -> list[StaffQueue]:
        """Those that the member works on, in order."""
        return [queue for queue in self._queues.values() if member.has(*queue.roles)]

    @property
    def looks(self) -> frozenset[str]:
        """What the audit log calls looks of staff at what waits."""
        return frozenset[str]().union(*(queue.looks for queue in self._queues.values()))

    @reads
    def waiting(self, connection: Connection, by: StaffMember) -> list[Waiting]:
        """For the first page: counts alone, so nothing of a customer is looked at."""
        return [Waiting(queue, queue.count_waiting(connection)) for queue in self.of(by)]
