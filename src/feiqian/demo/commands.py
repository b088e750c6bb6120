"""`feiqian demo`: a seeded bank in a box, with pages to try it on."""

from __future__ import annotations

import argparse

from feiqian.commands.common import Commands, address, command
from feiqian.settings import Settings

EPILOG = """\
examples:
  feiqian demo                         then open http://127.0.0.1:8080
  feiqian --data /tmp/demo demo --port 9000
"""


def register(commands: Commands) -> None:
    parser = command(commands, "demo", run, "start a seeded bank with pages, to see and try everything", EPILOG)
    address(parser)


def run(settings: Settings, options: argparse.Namespace) -> int:
    from feiqian.demo.run import run as run_demo  # builds the whole bank: only when it is wanted

    return run_demo(settings)
