"""`feiqian checkpoint`: makes one now, beside a running server; or, as its child, one after every so many rows."""

from __future__ import annotations

import argparse
from pathlib import Path

from feiqian.settings import Settings

from .common import Commands, command, told_to_stop

EPILOG = """\
A server starts from the newest checkpoint and the journal rows after it. `feiqian serve` makes them by itself, every
`checkpoint_every` rows; two are kept, and each is read back before anything relies on it.
"""


def register(commands: Commands) -> None:
    parser = command(
        commands, "checkpoint", run, "make a checkpoint of the ledger's state, so that starts are quick", EPILOG
    )
    parser.add_argument("--child", action="store_true", help="keep making them until standard input closes")


def run(settings: Settings, options: argparse.Namespace) -> int:
    from feiqian.ledger.checkpointer import make_checkpoint, run_checkpointer
    from feiqian.ledger.recovery import open_checkpoints, open_journal

    folder = Path(settings.data)
    journal = open_journal(folder, settings.journal_url)
    checkpoints = open_checkpoints(folder, settings.journal_url, required=True)
    assert checkpoints is not None
    if not options.child:
        made = make_checkpoint(journal, checkpoints)
        print(f"checkpoint at position {made.position}")
        return 0
    run_checkpointer(journal, checkpoints, settings.checkpoint_every, told_to_stop())
    return 0
