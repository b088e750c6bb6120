"""Quick payment is open for the accounts of the demo's first people, so that a bill can be paid at once."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import Connection

from feiqian.deposits.model import AccountState
from feiqian.ids import CustomerNumber
from feiqian.quick.errors import QuickRefused
from feiqian.quick.model import Way
from feiqian.services import Services
from feiqian.subjects import Role, Subject

PAYERS = 8
OPERATOR = Subject(Role.STAFF, 0)


async def open_for_first(services: Services, payers: int = PAYERS) -> None:
    """Once for each account: whoever has paused or closed it since finds it so."""
    await services.transactions.write(_open, services, payers)


def _open(connection: Connection, services: Services, payers: int) -> None:
    for number in map(CustomerNumber, range(1, min(payers, services.customers.count) + 1)):
        for account in services.deposits.of(connection, number):
            never = services.quick.of(connection, account).way is None
            if never and account.state is AccountState.OPEN:
                with suppress(QuickRefused):  # a wallet that is frozen, say
                    services.quick.open_within(connection, account, OPERATOR, Way.STAFF)
