"""The process that does the operations: `python -m feiqian.testing.mixed.child MIX SEED COUNT CUSTOMERS`, settings from
the environment; it reads the numbers that it shall do, one a line, and tells `number outcome` once that is durable.

Ordinary product code throughout, with the projector in a thread. At the end it closes the bank and exits with 0.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import uvloop

from feiqian import app
from feiqian.features import read_models
from feiqian.ledger.recovery import open_journal
from feiqian.payments.errors import ReadModelBehind
from feiqian.projections.errors import ReadsBehind
from feiqian.projections.process import run_projector
from feiqian.runtime import logs
from feiqian.runtime.shares import Overloaded
from feiqian.runtime.work import TooBusy, WorkOverdue
from feiqian.serving import Bank
from feiqian.settings import Settings, load

from .kinds import BY_NAME, Mix, mix
from .operations import AskAgain, Asked, Desk, Operation

CALLERS = 16  # operations under way at once
AGAIN_SECONDS = 0.05  # not money: a time
NOT_KNOWN = (AskAgain, ReadModelBehind, ReadsBehind, Overloaded, TooBusy, WorkOverdue)


def main(name: str, seed: str, count: str, customers: str) -> None:
    """Does what standard input says, until that is done or it is killed."""
    logs.configure("error")
    settings, stop = load(), threading.Event()
    all_of_them = mix(Mix(name, int(seed), int(count), int(customers)))
    wanted = [all_of_them[int(line)] for line in sys.stdin.read().split()]
    bank = app.build(settings)
    projecting = threading.Thread(target=_project, args=(settings, stop), daemon=True)
    projecting.start()
    os.write(1, b"ready\n")
    uvloop.run(_do_all(bank, wanted))
    stop.set()
    projecting.join()
    bank.close()


def _project(settings: Settings, stop: threading.Event) -> None:
    journal = open_journal(Path(settings.data))
    run_projector(journal, settings.read_location, read_models(), stop)
    journal.close()


async def _do_all(bank: Bank, wanted: list[Asked]) -> None:
    services = bank.services
    money = services.payments.run(), services.orders.run(), services.intents.run()
    told = services.outbox.run(), services.follower.run(), services.webhooks.run()
    beside = [asyncio.create_task(task) for task in (*money, *told)]
    desk = Desk(services, bank.keys)
    kinds = {name: kind(desk) for name, kind in BY_NAME.items()}
    left = iter(wanted)
    await asyncio.gather(*(_caller(kinds, left) for _ in range(CALLERS)))
    await services.reads.wait(services.ledger.durable_position)
    for task in beside:
        task.cancel()
    await asyncio.gather(*beside, return_exceptions=True)


async def _caller(kinds: dict[str, Operation], left: Iterator[Asked]) -> None:
    for it in left:
        outcome = ""
        while not outcome:
            with suppress(*NOT_KNOWN):
                outcome = await kinds[it.kind].do(it)
            if not outcome:
                await asyncio.sleep(AGAIN_SECONDS)
        os.write(1, f"{it.number} {outcome}\n".encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
