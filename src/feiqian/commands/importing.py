"""What commands share that take in a file of comma-separated values: all of it, or nothing and what is wrong."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from feiqian.settings import Settings

if TYPE_CHECKING:
    from feiqian.db import BankDb
    from feiqian.runtime.csv_file import WrongLine
    from feiqian.runtime.work import Work

MOST_SAID = 1_000  # lines that are wrong
T = TypeVar("T")


class Said(NamedTuple):
    """What is said in the end: `nothing` if lines are wrong, else how many `could` be (with --check) or are `done`."""

    nothing: str
    could: str
    done: str


def add_file(parser: argparse.ArgumentParser, nothing: str) -> None:
    """The arguments of an import. `nothing`: what --check says that it does not do."""
    parser.add_argument("file", type=Path, help="in UTF-8; '-' reads from standard input")
    parser.add_argument("--check", action="store_true", help=f"say what is wrong, and {nothing}")


@contextmanager
def bank_beside(settings: Settings) -> Iterator[tuple[BankDb, Work]]:
    """The bank's database, beside a server that may run."""
    from feiqian.db import BankDb
    from feiqian.runtime.work import Work

    if not settings.bank_url and not settings.file("bank.db").exists():
        raise SystemExit(f"feiqian: there is no bank in the folder {settings.data!r}; --data names another")
    db, work = BankDb(Path(settings.data), settings.bank_url), Work()
    try:
        yield db, work
    finally:
        work.close()
        db.close()


def take_in(
    options: argparse.Namespace,
    read: Callable[[Iterable[str]], tuple[Sequence[T], Sequence[WrongLine]]],
    do: Callable[[Sequence[T]], Iterable[int]],
    why: Callable[[WrongLine], str],
    said: Said,
) -> int:
    """The whole file is read, then all of it is done in steps (each says how many are); the exit code."""
    from feiqian.runtime.csv_file import FileInvalid

    try:
        lines, wrong = _read(options.file, read)
    except (FileInvalid, OSError) as error:
        print(f"feiqian: {options.file}: {error}", file=sys.stderr)
        return 1
    for one in wrong[:MOST_SAID]:
        print(f"line {one.at}: {why(one)}", file=sys.stderr)
    if wrong:
        print(f"{len(wrong):,} of the lines are wrong; {said.nothing}", file=sys.stderr)
        return 1
    if not options.check:
        for done in do(lines):
            print(f"{done:,} of {len(lines):,}", file=sys.stderr)
    print(f"{len(lines):,} {said.could if options.check else said.done}", file=sys.stderr)
    return 0


def _read(
    file: Path, read: Callable[[Iterable[str]], tuple[Sequence[T], Sequence[WrongLine]]]
) -> tuple[Sequence[T], Sequence[WrongLine]]:
    if str(file) == "-":
        return read(sys.stdin)
    with file.open(encoding="utf-8-sig", newline="") as text:
        return read(text)
