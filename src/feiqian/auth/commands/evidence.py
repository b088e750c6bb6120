"""`feiqian evidence`: what customers and staff have signed. `verify` needs neither the server nor the data folder."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from feiqian.commands.common import Commands, command
from feiqian.settings import Settings

if TYPE_CHECKING:
    from feiqian.db import BankDb

EPILOG = """\
Every signature by a shield, and of every payment by passkey, is kept with the text that was signed and the key that
signed. The JSON document that `show` writes stands by itself: `verify` checks it years later, on any machine.

examples:
  feiqian evidence list --customer 4
  feiqian evidence show evi_0190... > confirmed.json
  feiqian evidence verify confirmed.json

Exit code of verify 0: every check held. 1: one did not, or the file is no evidence.
"""
_NOT_CHECKED = """\
not checked here: that the key is the subject's (the bank enrolled it; compare the fingerprint with its records), and
that the time is right (the bank's clock; the subject signed the text that names it)"""


def register(commands: Commands) -> None:
    parser = command(commands, "evidence", _list, "list, show and verify what was signed with keys", EPILOG)
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    listing = command(actions, "list", _list, "what was signed, the newest first")
    who = listing.add_mutually_exclusive_group()
    who.add_argument("--customer", type=int, help="of one customer, by number")
    who.add_argument("--staff", type=int, help="of one member of the staff, by number")
    listing.add_argument("--limit", type=int, default=1000, help="at most so many (default: 1000)")
    show = command(actions, "show", _show, "write one document to standard output")
    show.add_argument("id", help="as `evidence list` shows it")
    verify = command(actions, "verify", _verify, "check a document, offline")
    verify.add_argument("file", type=Path, help="what `evidence show` wrote")


def _list(settings: Settings, options: argparse.Namespace) -> int:
    from feiqian.auth.challenges.evidence import listed
    from feiqian.subjects import customer, staff

    number = options.customer if options.customer is not None else options.staff
    subject = None if number is None else (staff if options.staff is not None else customer)(number)
    with _open(settings).read() as connection:
        for kept in listed(connection, subject, options.limit):
            when = datetime.fromtimestamp(kept.at / 1e6, UTC).isoformat(sep=" ", timespec="seconds")
            print(f"{kept.id}  {when}  {kept.subject}  {kept.purpose}  {kept.factor}  {kept.challenge}")
    return 0


def _show(settings: Settings, options: argparse.Namespace) -> int:
    from feiqian.auth.challenges.evidence import document
    from feiqian.field_cipher import open_data_key

    cipher = open_data_key(settings.data_key, create=False)
    with _open(settings).read() as connection:
        found = document(connection, cipher, options.id)
    if found is None:
        print(f"feiqian: there is no evidence {options.id[:40]!r}", file=sys.stderr)
        return 1
    sys.stdout.write(found.decode())
    return 0


def _verify(settings: Settings, options: argparse.Namespace) -> int:
    from feiqian.auth.challenges.proof import DocumentInvalid, check

    try:
        checked = check(options.file.read_bytes())
    except OSError as error:
        print(f"feiqian: cannot read {options.file}: {error.strerror}", file=sys.stderr)
        return 1
    except DocumentInvalid as error:
        print(f"feiqian: {options.file}: {error}", file=sys.stderr)
        return 1
    document = checked.document
    print("\n".join(f"  {_printable(line)}" for line in document.text.splitlines()))
    print(_printable(f"subject {document.subject}, for {document.purpose}, challenge begun {document.at}"))
    print(f"key {checked.algorithm}, SHA-256 {checked.fingerprint}")
    for what, held in checked.checks:
        print(f"{'held  ' if held else 'FAILED'}  {what}")
    print(_NOT_CHECKED)
    print("good: signed as it stands here" if checked.good else "NOT GOOD: this is not what was signed")
    return 0 if checked.good else 1


def _printable(text: str) -> str:
    """A document that somebody else wrote does nothing to the terminal."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def _open(settings: Settings) -> BankDb:
    from feiqian.db import BankDb

    if not settings.bank_url and not settings.file("bank.db").exists():
        raise SystemExit(f"feiqian: there is no bank in the folder {settings.data!r}; --data names another")
    return BankDb(Path(settings.data), settings.bank_url)
