"""What commands share in declaring themselves."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Callable
from typing import Any

from feiqian.runtime.waking import Bell
from feiqian.settings import Settings

Commands = Any  # argparse's sub-parsers, whose type is private
Run = Callable[[Settings, argparse.Namespace], int]


def command(commands: Commands, name: str, run: Run, help: str, epilog: str = "") -> argparse.ArgumentParser:
    """A command whose `--help` keeps the line breaks of its examples."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=help,
        description=help[0].upper() + help[1:] + ".",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def address(parser: argparse.ArgumentParser) -> None:
    """The options of what listens."""
    parser.add_argument("--host", help="the address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, help="the port to listen on (default: 8080; 0 takes any free one)")


def told_to_stop() -> Bell:
    """In a server's child: is set by SIGTERM and SIGINT, rung by the server; and the process ends with its parent."""
    from feiqian.runtime.supervise import end_with_parent

    stop = Bell()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    end_with_parent(stop.ring)
    return stop
