"""A whole server and its clock: what jumps stops payments and is told, and a start asks before it takes a far time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvloop
from msgspec import structs

from feiqian import app
from feiqian.cli import main
from feiqian.clock import SteadyClock
from feiqian.demo.seeding import Plan, SeededMerchant, seed
from feiqian.errors import ClockRefused
from feiqian.ledger.recovery import open_checkpoints, open_journal, open_ledger
from feiqian.settings import Settings
from feiqian.testing.clock import ManualClock

DAY = 86_400
YEAR = 365 * DAY


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=str(tmp_path), port=0)


@pytest.fixture
def shop(settings: Settings) -> SeededMerchant:
    return seed(settings, Plan(5, 1))[0]


@pytest.fixture
def machine() -> ManualClock:
    """The machine's clock; no time passes but what a test sets."""
    return ManualClock(time.time_ns() // 1000)


def follow_for_one_event(settings: Settings, machine: ManualClock, seconds: float) -> None:
    """What a version without these bounds has done under a clock that was so far ahead."""
    journal = open_journal(Path(settings.data))
    machine.advance(seconds)
    ledger = open_ledger(journal, open_checkpoints(Path(settings.data)), machine)
    ledger.post_many(b"")
    ledger.commit()
    ledger.close()
    journal.close()
    machine.advance(-seconds)


def build(settings: Settings, machine: ManualClock, **options: Any) -> app.Bank:
    return app.build(settings, clock=SteadyClock(machine, settings.clock_jump_seconds, lambda: 0), **options)


def serving(bank: app.Bank, shop: SeededMerchant, scene: Callable[[httpx.AsyncClient], Awaitable[None]]) -> None:
    """Runs the scene with a merchant's client, while the bank is served."""

    async def run() -> None:
        service = app.Service(bank)
        running = asyncio.create_task(service.run())
        while not service.server.started:
            await asyncio.sleep(0.01)
        url, key = f"http://127.0.0.1:{service.server.port}", {"authorization": f"Bearer {shop.key}"}
        async with httpx.AsyncClient(base_url=url, timeout=30, headers=key) as client:
            await scene(client)
        service.stop()
        assert await running == 0

    uvloop.run(run())
    bank.close()


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await condition():
            await asyncio.sleep(0.01)


def order(code: str, number: str) -> dict[str, object]:
    return {"payment_code": code, "amount": 100, "currency": "CNY", "merchant_order": number}


@pytest.mark.parametrize("jump", [YEAR, -DAY, 60])
def test_abuse_88_payments_stop_while_the_clock_has_jumped_and_readiness_says_so(
    settings: Settings, shop: SeededMerchant, machine: ManualClock, jump: int
) -> None:
    bank = build(settings, machine)
    services = bank.services

    async def scene(client: httpx.AsyncClient) -> None:
        async def pay(number: str) -> httpx.Response:
            code = services.payments.code_for(int(number)).digits
            return await client.post("/v1/payments", json=order(code, number))

        async def failing() -> list[str]:
            return list((await client.get("/readyz")).json().get("failing", []))

        assert (await pay("1")).json()["status"] == "succeeded"
        moment, session_time = services.ledger.engine.moment, services.clock.now()
        machine.advance(jump)
        refused = await pay("2")
        assert (refused.status_code, refused.json()["type"]) == (503, "/problems/unavailable")
        assert (await client.get("/readyz")).status_code == 503
        assert await failing() == ["clock_jumped"]
        assert (await client.get("/healthz")).status_code == 200  # a restart is the operator's to decide
        await until(lambda: asyncio.sleep(0, "clock_jumped" in services.alarms.raised))
        assert services.clock.now() == session_time  # nor do sessions and challenges see it
        assert services.ledger.engine.moment == moment
        machine.advance(-jump)
        assert await failing() == []
        assert (await pay("2")).json()["status"] == "succeeded"
        await until(lambda: asyncio.sleep(0, services.alarms.raised == []))

    serving(bank, shop, scene)


def test_abuse_88_a_start_after_an_event_far_ahead_needs_accept_time_and_then_codes_work(
    settings: Settings, shop: SeededMerchant, machine: ManualClock
) -> None:
    before = build(settings, machine)
    old = before.services.payments.code_for(1).digits
    before.close()
    follow_for_one_event(settings, machine, YEAR)
    with pytest.raises(ClockRefused, match="--accept-time"):
        build(settings, machine)

    async def scene(client: httpx.AsyncClient) -> None:
        # It may have been paid with at any time that the journal's time comes to once more.
        used = await client.post("/v1/payments", json=order(old, "used"))
        assert used.json()["reason"] == "code_invalid"
        for number in range(3):
            code = bank.services.payments.code_for(1).digits
            paid = await client.post("/v1/payments", json=order(code, f"o{number}"))
            assert paid.json()["status"] == "succeeded"
            machine.advance(10)

    bank = build(settings, machine, accept_time=True)
    serving(bank, shop, scene)
    bank = build(settings, machine)  # and it is not asked again
    assert bank.services.ledger.engine.moment.seconds <= machine.now() // 1_000_000
    bank.close()


def test_a_bank_that_was_closed_for_a_week_starts_by_itself_and_the_setting_bounds_it(
    settings: Settings, shop: SeededMerchant, machine: ManualClock
) -> None:
    machine.advance(7 * DAY - 600)
    with pytest.raises(ClockRefused):
        build(structs.replace(settings, clock_ahead_days=6), machine)
    build(settings, machine).close()
    machine.advance(-20)
    build(settings, machine).close()


def test_the_command_refuses_and_names_its_option(
    settings: Settings, shop: SeededMerchant, machine: ManualClock, capsys: pytest.CaptureFixture[str]
) -> None:
    follow_for_one_event(settings, machine, YEAR)
    assert main(["--data", settings.data, "serve", "--port", "0"]) == 1
    said = capsys.readouterr().err
    assert "the machine's clock says" in said
    assert "start once with --accept-time" in said
