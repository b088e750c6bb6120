"""`feiqian project`: journal rows into the read model, in a process of its own; the server's child, or by itself."""

from __future__ import annotations

import argparse
from pathlib import Path

from feiqian.settings import Settings

from .common import Commands, command, told_to_stop

EPILOG = """\
`feiqian serve` starts one by itself. By hand it catches up and ends; with --rebuild it throws the read model away first
and builds it again from the journal, which is always possible, also where the file is damaged or gone. --repair does so
only if something is set aside that could not be projected, and says what still cannot.

Exit code 0: all is projected. 1: something is set aside; each with its position in the journal.
"""


def register(commands: Commands) -> None:
    parser = command(commands, "project", run, "bring the read model up to the journal", EPILOG)
    parser.add_argument("--rebuild", action="store_true", help="throw the read model away and build it again")
    parser.add_argument("--repair", action="store_true", help="project again what was set aside, as after an upgrade")
    parser.add_argument("--child", action="store_true", help="keep following the journal until standard input closes")


def run(settings: Settings, options: argparse.Namespace) -> int:
    from feiqian import features
    from feiqian.ledger.recovery import open_journal
    from feiqian.projections.process import run_projector
    from feiqian.projections.projector import catch_up, rebuild
    from feiqian.projections.reconcile import set_aside_in
    from feiqian.runtime import garbage

    journal = open_journal(Path(settings.data), settings.journal_url)
    location, models = settings.read_location, features.read_models()
    if options.child:
        garbage.settle()
        run_projector(journal, location, models, told_to_stop())
        return 0
    position = rebuild(journal, location, models) if options.rebuild else catch_up(journal, location, models)
    found = set_aside_in(location)
    if found and options.repair and not options.rebuild:
        position = rebuild(journal, location, models)
        found = set_aside_in(location)
    print(f"the read model is at journal position {position}")
    for one in found:
        print(f"SET ASIDE: {one}")
    return 1 if found else 0
