"""Sessions in both databases: a test that takes `bank` runs once on each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from feiqian.auth.sessions.model import Opened, Session
from feiqian.auth.sessions.service import Sessions
from feiqian.db import BankDb
from feiqian.policy.load import load_policy
from feiqian.runtime.work import Work
from feiqian.subjects import Subject, customer
from feiqian.testing.clock import ManualClock
from feiqian.testing.empty_bank import empty_bank
from feiqian.testing.sessions import open_session

CHROME = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Mobile Safari/537.36"
MEI = customer(1)


@dataclass
class Bank:
    """Sessions on a clock of the test's own."""

    db: BankDb
    clock: ManualClock
    work: Work
    sessions: Sessions

    def open(self, subject: Subject = MEI, device: str | None = None, user_agent: str = CHROME) -> Opened:
        with self.db.write() as connection:
            return open_session(self.sessions, connection, subject, self.clock.now(), user_agent, device, "zh")

    def find(self, token: str) -> Session | None:
        return self.sessions.find_now(token)

    def do(self, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """A method that takes a connection, in a transaction of its own."""
        with self.db.write() as connection:
            return method(connection, *args, **kwargs)


@pytest.fixture
def bank(url: str, tmp_path: Path) -> Iterator[Bank]:
    db, clock, work = empty_bank(tmp_path, url), ManualClock(), Work()
    yield Bank(db, clock, work, Sessions(db, load_policy("cn"), clock, work))
    work.close()
    db.close()
