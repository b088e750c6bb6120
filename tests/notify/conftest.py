"""A bank's notify in SQLite, and in PostgreSQL for tests that ask for it; what is logged, before it is redacted."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from notifying import Bank

from feiqian.field_cipher import FieldCipher
from feiqian.notify.inbox import Inbox
from feiqian.notify.model import Channel
from feiqian.policy.load import load_policy
from feiqian.runtime import logs
from feiqian.runtime.work import Work
from feiqian.testing.clock import ManualClock
from feiqian.testing.empty_bank import empty_bank


@pytest.fixture(params=["sqlite"])
def bank(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bank]:
    """A test that asks for both databases says so: `@BOTH`."""
    url = request.getfixturevalue("postgres").database() if request.param == "postgres" else ""
    db, work = empty_bank(tmp_path, url), Work()
    bank = Bank(db, FieldCipher(bytes(range(32))), ManualClock(), work, load_policy("cn"))
    inbox = Inbox(db, bank.cipher, bank.clock, work)
    bank.build({Channel.SMS: inbox, Channel.EMAIL: inbox})
    yield bank
    work.close()
    db.close()


@pytest.fixture
def log() -> Callable[[], str]:
    """What is logged, at every level, as it would be written but with nothing redacted."""
    stream = io.StringIO()
    logs.configure("debug", "json", stream)
    formatter = logging.getLogger().handlers[0].formatter
    assert isinstance(formatter, structlog.stdlib.ProcessorFormatter)
    formatter.processors = [step for step in formatter.processors if step is not logs.redact]
    return stream.getvalue
