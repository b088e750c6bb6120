"""The console's own queue: changes that wait for somebody who approves them."""

from __future__ import annotations

from sqlalchemy import Connection

from feiqian.backoffice.model import StaffRole
from feiqian.backoffice.staff_queues import StaffQueue
from feiqian.services import Services


class ChangeQueue(StaffQueue):
    """Changes of all kinds."""

    name = "changes"
    icon = "split"
    roles = frozenset({StaffRole.SUPPORTER, StaffRole.REVIEWER, StaffRole.APPROVER, StaffRole.ADMIN})
    order = 40

    def __init__(self, services: Services) -> None:
        self._changes = services.changes

    def count_waiting(self, connection: Connection) -> int:
        return self._changes.count_waiting(connection)


QUEUES = (ChangeQueue,)
