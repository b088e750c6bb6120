"""What runs beside the server ends when it is cancelled, even in the moment in which it is woken."""

from __future__ import annotations

import asyncio
from typing import Any


def test_waiting_for_orders_to_expire_ends_when_it_is_woken_and_cancelled_at_once(bank: Any, run: Any) -> None:
    run(bank.order(bank.merchant()))

    async def woken_and_cancelled() -> bool:
        waiting = asyncio.create_task(bank.orders.due.run())
        await asyncio.sleep(0.01)
        bank.orders.due._changed.set()
        await asyncio.sleep(0)
        waiting.cancel()
        ended, _ = await asyncio.wait([waiting], timeout=60)
        return bool(ended)

    assert run(woken_and_cancelled())
