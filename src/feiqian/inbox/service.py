"""Keeps what a customer is told, in the transaction of what it tells; shows it, and knows what was read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from feiqian.clock import Clock
from feiqian.db import after_commit
from feiqian.field_cipher import FieldCipher
from feiqian.ids import NOTICE, CustomerNumber, new_id
from feiqian.inbox.errors import NoticeNotFound
from feiqian.inbox.model import Notice
from feiqian.inbox.tables import VALUES, notices
from feiqian.notify.render import bare_words
from feiqian.notify.values import Value
from feiqian.runtime.paging import FIRST, Ask, Order, Page, page_of
from feiqian.runtime.transactions import Transactions, reads, writes
from feiqian.texts import LANGUAGES

MOST = 200  # notices of one customer; older ones go
PAGE = 30
_c = notices.c
_NEWEST_FIRST = Order((_c.id,))
_decode = msgspec.msgpack.Decoder(dict[str, Value]).decode


@dataclass(kw_only=True, eq=False, repr=False)
class Inbox:
    """The inboxes of one bank. Another's notice is as if it were not."""

    transactions: Transactions
    cipher: FieldCipher
    clock: Clock
    listeners: list[Callable[[CustomerNumber], object]] = field(default_factory=list)  # of what is kept, in its thread

    def put(
        self,
        connection: Connection,
        customer: CustomerNumber,
        kind: str,
        values: Mapping[str, Value],
        path: str = "",
        *,
        once: str = "",
        now: int = 0,
    ) -> str:
        """Keeps a notice in the caller's transaction, said by the texts `message.<kind>.subject` and `.text` with these
        values; its id, or "" if one `once` derived from the same is there. `path` of the bank's page where it is acted
        on; if empty, that of a message of its kind. Raises KeyError if there are no texts or a value is missing.
        """
        bare_words(kind, LANGUAGES[0], dict.fromkeys(values, ""))  # that none is missing
        now = now or self.clock.now()
        id = new_id(NOTICE, now)
        said = VALUES.seal(self.cipher, msgspec.msgpack.encode(dict(values)), id)
        row = {"id": id, "customer": customer, "kind": kind, "said": said, "path": path, "once": once or id}
        try:
            with connection.begin_nested():
                connection.execute(insert(notices).values(**row, at=now, read_at=0))
        except IntegrityError:
            return ""
        self._make_room(connection, customer)
        for listener in self.listeners:
            after_commit(connection, partial(listener, customer))
        return id

    @reads
    def page(
        self, connection: Connection, customer: CustomerNumber, ask: Ask = FIRST, limit: int = PAGE
    ) -> Page[Notice]:
        """The newest first."""
        found = page_of(connection, select(notices).where(_c.customer == customer), _NEWEST_FIRST, ask, limit)
        return found.of([self._notice(row) for row in found.items])

    @reads
    def unread(self, connection: Connection, customer: CustomerNumber) -> int:
        """How many were not read yet."""
        mine = select(func.count()).where(_c.customer == customer, _c.read_at == 0)
        return int(connection.execute(mine).scalar_one())

    @writes
    def read(self, connection: Connection, customer: CustomerNumber, id: str) -> Notice:
        """One of them, which is read from now on. Raises NoticeNotFound."""
        mine = (_c.customer == customer, _c.id == id)
        row = connection.execute(select(notices).where(*mine)).first()
        if row is None:
            raise NoticeNotFound("there is no such notice")
        notice = self._notice(row)
        if notice.is_new:
            notice = notice._replace(read_at=self.clock.now())
            connection.execute(update(notices).where(*mine).values(read_at=notice.read_at))
        return notice

    @writes
    def read_up_to(self, connection: Connection, customer: CustomerNumber, newest: str) -> int:
        """All up to this one are read, those that came since are not; how many were new."""
        seen = update(notices).where(_c.customer == customer, _c.read_at == 0, _c.id <= newest)
        return connection.execute(seen.values(read_at=self.clock.now())).rowcount

    def _make_room(self, connection: Connection, customer: CustomerNumber) -> None:
        kept = select(_c.id).where(_c.customer == customer).order_by(_c.id.desc()).offset(MOST).limit(1)
        if (oldest := connection.execute(kept).scalar()) is not None:
            connection.execute(delete(notices).where(_c.customer == customer, _c.id <= oldest))

    def _notice(self, row: Any) -> Notice:
        values = _decode(VALUES.open(self.cipher, row.said, row.id))
        return Notice(row.id, row.kind, values, row.path, row.at, row.read_at)
