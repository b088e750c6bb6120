"""The composition root: a ledger that has stopped ends the process, and what was under way is said to be unknown."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import httpx
import pytest
import uvloop

from feiqian import app, serving
from feiqian.demo.seeding import Plan, SeededMerchant, seed
from feiqian.errors import LedgerStopped
from feiqian.payments.code_keys import KeyFile
from feiqian.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=str(tmp_path), port=0)


@pytest.fixture
def shop(settings: Settings) -> SeededMerchant:
    return seed(settings, Plan(5, 1))[0]


async def started(service: app.Service) -> tuple[asyncio.Task[int], httpx.AsyncClient]:
    running = asyncio.create_task(service.run())
    while not service.server.started:
        await asyncio.sleep(0.01)
    return running, httpx.AsyncClient(base_url=f"http://127.0.0.1:{service.server.port}", timeout=30)


def test_a_failed_write_ends_service_and_the_outcome_is_unknown(settings: Settings, shop: SeededMerchant) -> None:
    bank = app.build(settings)
    service = app.Service(bank)

    def full(*_: object) -> bytes:
        raise OSError(28, "No space left on device")

    async def scenario() -> tuple[int, list[httpx.Response]]:
        running, client = await started(service)
        code = bank.services.payments.code_for(1).digits
        order = {"payment_code": code, "amount": 100, "currency": "CNY", "merchant_order": "o"}
        headers = {"authorization": f"Bearer {shop.key}"}
        bank.journal.append = full  # type: ignore[method-assign]
        async with client:
            said = [await client.post("/v1/payments", json=order, headers=headers), await client.get("/healthz")]
        return await running, said

    code, (payment, health) = uvloop.run(scenario())
    bank.close()
    assert code == app.EXIT_STOPPED
    assert (payment.status_code, payment.json()["type"]) == (503, "/problems/outcome-unknown")
    assert payment.headers["retry-after"] == "1"
    assert "space" not in payment.text
    assert health.status_code == 503


def test_a_last_write_that_fails_is_told_and_leaves_nothing_open(settings: Settings, shop: SeededMerchant) -> None:
    bank = app.build(settings)
    before = bank.services.ledger.durable_position

    def full(*_: object) -> bytes:
        raise OSError(28, "No space left on device")

    bank.services.ledger.record(b"a fact")
    bank.journal.append = full  # type: ignore[method-assign]
    with pytest.raises(LedgerStopped, match="No space left"):
        bank.close()
    again = app.build(settings)  # the folder is free
    assert again.services.ledger.durable_position == before
    assert again.close()


def test_new_keys_of_codes_are_taken_up(
    settings: Settings, shop: SeededMerchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "KEYS_SECONDS", 0.01)
    bank = app.build(settings)
    service = app.Service(bank)

    async def scenario() -> tuple[str, str]:
        running, client = await started(service)
        before = bank.services.payments.code_for(1).digits
        with KeyFile(settings.code_keys).changing() as ring:
            ring.rotate(int(time.time()))
        while bank.keys.issuing != ring.issuing:
            await asyncio.sleep(0.01)
        after = bank.services.payments.code_for(1).digits
        order = {"payment_code": before, "amount": 100, "currency": "CNY", "merchant_order": "o"}
        async with client:
            headers = {"authorization": f"Bearer {shop.key}"}
            paid = await client.post("/v1/payments", json=order, headers=headers)
        assert paid.json()["status"] == "succeeded"  # a code on a phone outlives the rotation
        service.stop()
        assert await running == 0
        return before, after

    before, after = uvloop.run(scenario())
    bank.close()
    assert (before[2], after[2]) == ("0", "1")
