"""More idle connections than Linux's default limit on open files: payments, sign-ins and databases go on."""

from __future__ import annotations

import contextlib
import json
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from served_bank import ServedBank

from feiqian.runtime.files import RESERVED_FILES

LIMIT, IDLE = 1_024, 1_100
WITH_LIMIT = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), int(sys.argv[2])))
os.execv(sys.executable, [sys.executable, "-m", "feiqian", "serve"])
"""


class LimitedBank(ServedBank):
    """Served by a process that begins with these limits on open files."""

    limits = (LIMIT, LIMIT)

    def command(self, *arguments: str) -> subprocess.Popen[bytes]:
        if arguments != ("serve",):
            return super().command(*arguments)
        soft, hard = self.limits
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-c", WITH_LIMIT, str(soft), str(hard)], env=self.environment(), stderr=log
            )


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[LimitedBank]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 2 * LIMIT:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 2 * LIMIT), hard))  # of this process, which connects
    bank = LimitedBank(tmp_path / "bank", 20)
    yield bank
    bank.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextlib.contextmanager
def idle(bank: ServedBank, count: int) -> Iterator[None]:
    with contextlib.ExitStack() as held:
        for _ in range(count):
            held.enter_context(socket.create_connection(("127.0.0.1", bank.port)))
        yield


def sign_in(bank: ServedBank) -> int:
    """Opens the bank's database in a thread."""
    body = json.dumps({"mobile": "+8613800000001", "password": "no such password"}).encode()
    return bank.request(bank.connect(), "POST", "/v1/me/sign-ins", None, body)[0]


def test_connections_that_fill_the_limit_leave_files_for_the_databases(bank: Any) -> None:
    bank.start()
    with idle(bank, LIMIT - RESERVED_FILES - 20):
        assert bank.pay(1)["status"] == "succeeded"
        assert sign_in(bank) == 403
    with idle(bank, IDLE):
        pass  # those that are too many are closed
    assert bank.pay(2)["status"] == "succeeded"
    assert "too_few_files" in bank.log.read_text()


def test_the_limit_is_raised_where_it_may_be(bank: Any) -> None:
    bank.limits = (LIMIT, 8 * LIMIT)
    bank.start()
    with idle(bank, IDLE):
        assert bank.pay(1)["status"] == "succeeded"
        assert sign_in(bank) == 403
    assert "too_few_files" not in bank.log.read_text()
