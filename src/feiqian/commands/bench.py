"""`feiqian bench`: the benchmarks of docs/BENCHMARKS.md.

Each module of `feiqian.bench` has a function `run` whose parameters, with their defaults, are the benchmark's options.
"""

from __future__ import annotations

import argparse
import fcntl
import inspect
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec

from feiqian.settings import Settings

from .common import Commands, command

BENCHES = {
    "engine": "transfers per second in memory, both engines",
    "ledger": "durable transfers per second through the journal",
    "payments": "durable payments per second in one process, and our own time for each",
    "projector": "payments per second into the read model",
    "http": "payments per second over HTTP, everything running",
    "orders": "orders made and paid over HTTP, beside plain payments",
    "checkout": "pages of the checkout, one after another",
    "quick": "quick payments beside payments by code, and the whole flow of one",
    "sign_in": "what signing in costs, and a page of somebody signed in",
    "wallet": "pages of the wallet, of customers who have paid often",
    "start": "seconds to start with many accounts and a long tail of records",
    "overload": "what is still served at ten times what can be served",
}
EPILOG = """\
examples:
  feiqian bench http                   against a server of its own in a temporary folder
  feiqian bench http --json --customers 1000000
  feiqian bench engine --help

docs/BENCHMARKS.md says what each measures and how. Benchmarks use folders and servers of their own.
"""


def register(commands: Commands) -> None:
    parser = command(commands, "bench", run, "measure speed", EPILOG)
    names = parser.add_subparsers(dest="bench", metavar="WHAT", required=True)
    for name, help in BENCHES.items():
        one = command(names, name, run, help)
        one.add_argument("--json", action="store_true", help="print the figures as JSON")
        if name in sys.argv[2:]:  # only the one that is asked for is imported
            _add_options(one, _parameters(name))


def run(_settings: Settings, options: argparse.Namespace) -> int:
    given = {name: getattr(options, name) for name in _parameters(options.bench)}
    with _alone():
        figures = msgspec.to_builtins(import_module(f"feiqian.bench.{options.bench}").run(**given))
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        print(*_lines(figures), sep="\n")
    return 0


@contextmanager
def _alone() -> Iterator[None]:
    """Waits until no other benchmark runs on this machine: two at once would measure each other."""
    with open(Path(tempfile.gettempdir()) / f"feiqian-bench-{os.getuid()}.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("feiqian bench: waiting for another benchmark to end", file=sys.stderr, flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _parameters(bench: str) -> dict[str, Any]:
    """The options of a benchmark and their defaults."""
    signature = inspect.signature(import_module(f"feiqian.bench.{bench}").run)
    return {name: parameter.default for name, parameter in signature.parameters.items()}


def _add_options(parser: argparse.ArgumentParser, parameters: dict[str, Any]) -> None:
    for name, default in parameters.items():
        option = f"--{name.replace('_', '-')}"
        if isinstance(default, bool):
            parser.add_argument(option, action="store_true", default=default)
        else:
            kind = str if default is None else type(default)
            parser.add_argument(option, type=kind, default=default, metavar="X", help=f"default: {default}")


def _lines(figures: dict[str, Any]) -> Iterator[str]:
    """A line for each figure; a dictionary of dictionaries is a table, with a line for each of them."""
    for name, value in figures.items():
        if not isinstance(value, dict):
            yield _line(name, value)
            continue
        yield _line(name, *(column.replace("_", " ") for column in next(iter(value.values()), {})))
        yield from (_line(f"  {row}", *columns.values()) for row, columns in value.items())


def _line(name: str, *values: object) -> str:
    return f"{name.replace('_', ' '):36}" + "".join(f" {_text(value):<12}" for value in values).rstrip()


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.3f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
