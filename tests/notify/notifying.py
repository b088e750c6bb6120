"""What the tests of notify share: a bank whose clock the test moves; its adapters are scripted (tests/outbox)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import text

from feiqian.db import BankDb
from feiqian.field_cipher import FieldCipher
from feiqian.notify.model import Adapter, Channel, Contacts, Message, Outgoing
from feiqian.notify.service import Notify
from feiqian.outbox.service import Outbox
from feiqian.runtime.work import Work
from feiqian.subjects import customer
from feiqian.testing.clock import ManualClock

MEI = customer(1)
MOBILE, MAIL = "+8613800138000", "mei@example.com"
CODE = "493817"
CONTACTS = Contacts(MEI, MOBILE, MAIL, (), "en")


@dataclass
class Bank:
    """Notify with its database; `build` makes it anew with other adapters."""

    db: BankDb
    cipher: FieldCipher
    clock: ManualClock
    work: Work
    policy: Any
    outbox: Outbox = None  # type: ignore[assignment]
    notify: Notify = None  # type: ignore[assignment]

    def build(self, adapters: dict[Channel, Adapter], **options: Any) -> Notify:
        self.outbox = Outbox(self.db, self.cipher, self.clock, self.work, options.pop("chance", lambda: 1.0))
        self.notify = Notify(self.outbox, self.db, self.cipher, self.policy, self.clock, self.work, adapters, **options)
        return self.notify

    def sending(self, **rate_limits: int) -> None:
        """Other caps than the policy's."""
        self.policy = replace(self.policy, sending=replace(self.policy.sending, **rate_limits))

    def queue(self, message: Message) -> str:
        with self.db.write() as connection:
            return self.notify.queue(connection, message, self.clock.now())

    def tell(self, kind: str, contacts: Contacts = CONTACTS, **values: str) -> list[str]:
        with self.db.write() as connection:
            return self.notify.tell(connection, contacts, kind, values, self.clock.now())

    def entered(self, address: str = MOBILE) -> None:
        with self.db.write() as connection:
            self.notify.code_entered(connection, address, self.clock.now())

    def deliver(self) -> int:
        return asyncio.run(self.outbox.deliver_due())

    def rows(self, what: str = "*", table: str = "outbox_deliveries") -> list[Any]:
        with self.db.read() as connection:
            return list(connection.execute(text(f"SELECT {what} FROM {table} ORDER BY id")))

    def states(self) -> list[str]:
        return [row.state for row in self.rows("state")]

    def seconds(self, count: float) -> None:
        self.clock.advance(count)


def code(address: str = MOBILE, channel: Channel = Channel.SMS, language: str = "en", **changes: Any) -> Message:
    values = {"code": CODE, "text": "Pay ¥12.00 to Corner Shop", "minutes": "5"}
    return Message(MEI, channel, address, "code", language, values, secret=True, **changes)


def outgoing(text: str, address: str = MOBILE, **changes: Any) -> Outgoing:
    known = {"id": "msg_1", "to": MEI, "channel": Channel.SMS, "kind": "code", "language": "en", "subject": ""}
    return Outgoing(**(known | {"address": address, "text": text, "seconds_left": 300} | changes))


BOTH = pytest.mark.parametrize("bank", ["sqlite", "postgres"], indirect=True)
