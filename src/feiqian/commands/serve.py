"""`feiqian serve`: the JSON API and the pages on one port, with the projector and the checkpointer as children."""

from __future__ import annotations

import argparse

from feiqian.settings import Settings

from .common import Commands, address, command

EPILOG = """\
examples:
  feiqian --data bank serve                 serve what is in the folder
  feiqian --data bank serve --create        begin a new bank if the folder is empty
  FEIQIAN_MODE=live feiqian serve           take live API keys only

SIGTERM finishes what is under way and stops. Exit code 70: the ledger stopped after a failed write; start again, and
the outcome of everything that was under way is known. Run it under a supervisor.
"""


def register(commands: Commands) -> None:
    parser = command(commands, "serve", run, "serve the bank in the data folder", EPILOG)
    address(parser)
    parser.add_argument("--create", action="store_true", help="begin a new journal if there is none")
    parser.add_argument(
        "--take-over",
        action="store_true",
        help="with a journal in PostgreSQL: end the session of its writer, which hangs or cannot be reached",
    )
    parser.add_argument(
        "--accept-time",
        action="store_true",
        help="take the machine's time, however far it is from the journal's newest moment",
    )
    parser.add_argument("--mode", choices=("test", "live"), help="which API keys are taken (default: test)")


def run(settings: Settings, options: argparse.Namespace) -> int:
    from feiqian import app
    from feiqian.web.application import bank_pages

    begin = {"create": options.create, "take_over": options.take_over, "accept_time": options.accept_time}
    return app.run(settings, bank_pages, **begin)
