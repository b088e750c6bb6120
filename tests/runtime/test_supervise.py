"""A supervised child is woken through its standard input, whatever state it is in."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from feiqian.demo.seeding import Plan, seed
from feiqian.features import read_models
from feiqian.ledger.recovery import open_journal
from feiqian.projections.database import open_database
from feiqian.projections.schema import read_position
from feiqian.runtime.supervise import Child
from feiqian.settings import Settings


def test_a_projector_is_woken_and_waking_one_that_is_not_there_does_nothing(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path / "bank"))
    seed(settings, Plan(3, 1))
    journal = open_journal(Path(settings.data))
    end = journal.head().position
    journal.close()

    async def run() -> None:
        child = Child("projector", ["project", "--child"], settings.environment())
        child.wake()  # before it is started
        child.start()
        while child.pid is None:
            await asyncio.sleep(0)
        for _ in range(100):
            child.wake()
        while not _at(settings, end):
            child.wake()
            await asyncio.sleep(0.01)
        os.kill(child.pid, 9)
        for _ in range(100):
            child.wake()  # while it dies
            await asyncio.sleep(0)
        await child.stop()
        child.wake()  # after the end

    asyncio.run(run())


def _at(settings: Settings, position: int) -> bool:
    if not Path(settings.read_location).exists():
        return False
    db = open_database(settings.read_location)
    try:
        return "progress" in db.tables() and all(read_position(db, one.name) == position for one in read_models())
    finally:
        db.close()
