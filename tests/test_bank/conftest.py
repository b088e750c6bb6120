"""A test bank as a developer starts it: by the command, in a process of its own; and the shop as its client."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from feiqian.test_bank.state import read_state
from feiqian.testing.clock import zone_at_noon


class Running:
    """A test bank that is served, and its shop."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.environment = folder, clean() | {"FEIQIAN_ZONE": zone_at_noon()}
        self.start()

    def start(self) -> None:
        command = [*self.command, "--port", "0"]
        self.process = subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, text=True)
        said = ""
        assert self.process.stdout is not None
        while "The test bank is running" not in said:
            line = self.process.stdout.readline()
            assert line, said
            said += line
        self.state = read_state(self.folder)
        headers = {"authorization": f"Bearer {self.state.key}"}
        self.shop = httpx.Client(base_url=self.state.url, headers=headers, timeout=120)

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-m", "feiqian", "--data", str(self.folder), "test-bank"]

    def stop(self) -> int:
        self.shop.close()
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(60)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    # --- as the shop -------------------------------------------------------------------------------------------------

    def order(self, amount: int = 25_00, **fields: Any) -> dict[str, Any]:
        body = {"merchant_order": secrets.token_hex(8), "amount": amount, "currency": "CNY"} | fields
        return self.post("/v1/orders", body)

    def pay(self, order: dict[str, Any], payer: str) -> dict[str, Any]:
        return self.post(f"/test/orders/{order['id']}/pay", {"payer": payer})

    def now(self, order: dict[str, Any]) -> dict[str, Any]:
        return self.get(f"/v1/orders/{order['id']}")

    def forward(self, seconds: int) -> str:
        return str(self.post("/test/clock", {"forward_seconds": seconds})["now"])

    def post(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = self.shop.post(path) if body is None else self.shop.post(path, json=body)
        return _answered(answer)

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        return _answered(self.shop.get(path, params=query))


def _answered(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("FEIQIAN_")}


@pytest.fixture(scope="package")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("test-bank") / "bank")
    yield running
    running.stop()
