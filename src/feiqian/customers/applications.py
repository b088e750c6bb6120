"""Applications: an address (a newcomer's number, a customer's new one) that is to be shown to be theirs, for a time."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from feiqian.clock import MINUTE
from feiqian.columns import SUBJECT
from feiqian.customers.errors import ApplicationOver
from feiqian.customers.tables import ADDRESS, applications
from feiqian.field_cipher import FieldCipher
from feiqian.ids import APPLICATION, CustomerNumber, new_id
from feiqian.runtime.sweeping import remove_some
from feiqian.subjects import Subject

LASTS = 30 * MINUTE  # from its beginning to its end, in microseconds
REGISTER, MOBILE, EMAIL = "register", "mobile", "email"
_c = applications.c


class Application(NamedTuple):
    """`customer` is 0 of newcomers; `subject` is who answers the challenge. Times in Unix microseconds, 0: not yet."""

    id: str
    subject: Subject
    kind: str
    customer: CustomerNumber
    address: str
    language: str
    challenge: str
    confirmed_at: int

    def __repr__(self) -> str:
        return f"Application(id={self.id!r}, kind={self.kind!r})"


class Applications:
    """Works in the caller's transaction."""

    def __init__(self, cipher: FieldCipher) -> None:
        self._cipher = cipher

    def add(
        self,
        connection: Connection,
        subject: Subject,
        kind: str,
        customer: CustomerNumber,
        address: str,
        language: str,
        challenge: str,
        now: int,
    ) -> Application:
        """Returns it as it is kept."""
        id, language = new_id(APPLICATION, now), language[:8]
        values = {"id": id, "kind": kind, "customer": customer, "language": language} | SUBJECT.values(subject)
        values |= {"address": ADDRESS.seal(self._cipher, address, id), "challenge": challenge}
        values |= {"created_at": now, "confirmed_at": 0, "finished_at": 0}
        connection.execute(insert(applications).values(values))
        return Application(id, subject, kind, customer, address, language, challenge, 0)

    def remove(self, connection: Connection, ids: list[str]) -> None:
        """They made room for others."""
        if ids:
            connection.execute(delete(applications).where(_c.id.in_(ids)))

    def get(self, connection: Connection, id: str, now: int) -> Application:
        """One that is still open; it stays so until the caller's transaction ends. Raises ApplicationOver."""
        found = select(applications).where(_c.id == id, _c.finished_at == 0, _c.created_at > now - LASTS)
        row = connection.execute(found.with_for_update()).one_or_none()
        if row is None:
            raise ApplicationOver("there is no such application any more; begin anew")
        subject, address = SUBJECT.of(row), ADDRESS.text(self._cipher, row.address, row.id)
        return Application(
            row.id, subject, row.kind, row.customer, address, row.language, row.challenge, row.confirmed_at
        )

    def by_challenge(self, connection: Connection, challenge: str, now: int) -> Application:
        """Raises ApplicationOver."""
        id = connection.execute(select(_c.id).where(_c.challenge == challenge, _c.challenge != "")).scalar()
        return self.get(connection, id or "", now)

    def confirm(self, connection: Connection, id: str, now: int) -> None:
        connection.execute(update(applications).where(_c.id == id).values(confirmed_at=now))

    def finish(self, connection: Connection, id: str, now: int) -> None:
        """It is used; raises ApplicationOver if it was already."""
        if not connection.execute(
            update(applications).where(_c.id == id, _c.finished_at == 0).values(finished_at=now)
        ).rowcount:
            raise ApplicationOver("the application was finished already")


def of_newcomers(connection: Connection) -> list[str]:
    """The ids of all that were begun to register, oldest first."""
    found = select(_c.id).where(_c.kind == REGISTER).order_by(_c.created_at)
    return list(connection.execute(found).scalars())


def remove_begun_before(connection: Connection, moment: int, most: int) -> list[str]:
    """Removes at most so many that were begun before the moment. Returns their ids."""
    return [id for (id,) in remove_some(connection, applications, _c.created_at < moment, most)]
