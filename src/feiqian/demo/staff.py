"""The demo's staff: accounts without factors, whom the start page's buttons let in and nothing else does."""

from __future__ import annotations

from sqlalchemy import Connection

from feiqian.backoffice.model import OPERATOR
from feiqian.services import Services

# Login, name and roles: one proposes, the other approves.
STAFF = (
    ("alice", "Alice Moreau", ("reviewer", "supporter")),
    ("bob", "Bob Tan", ("approver", "auditor", "admin", "reviewer")),
)


def add_staff(connection: Connection, services: Services) -> None:
    """Adds those of them who are not there."""
    members = services.staff.members
    there = set(members.names(connection).values())
    for login, name, roles in STAFF:
        if login not in there:
            members.add_demo(connection, login, name, roles, OPERATOR, services.clock.now())
