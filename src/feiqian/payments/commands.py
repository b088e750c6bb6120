"""`feiqian keys`: merchants' API keys, and the keys that payment codes are made with. Works beside a running server."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from feiqian.commands.common import Commands, command
from feiqian.settings import Settings

if TYPE_CHECKING:
    from feiqian.merchants.keys import Kind
    from feiqian.merchants.registry import Merchants

EPILOG = """\
examples:
  feiqian keys create 1              a key for merchant 1, shown once; only its hash is kept
  feiqian keys list 1                the merchant's keys by their first letters
  feiqian keys revoke 1 fq_test_Ab3x refused within a second, everywhere
  feiqian keys rotate-codes          a fresh key for payment codes; the one before is read for 60 s
"""


def register(commands: Commands) -> None:
    parser = command(commands, "keys", _create, "make, list and revoke API keys; rotate the keys of codes", EPILOG)
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    create = command(actions, "create", _create, "a new API key for a merchant")
    create.add_argument("merchant", type=int, help="the merchant's number")
    create.add_argument("--kind", choices=("test", "live"), help="default: the server's mode")
    listing = command(actions, "list", _list, "a merchant's API keys")
    listing.add_argument("merchant", type=int)
    revoke = command(actions, "revoke", _revoke, "revoke a merchant's API key")
    revoke.add_argument("merchant", type=int)
    revoke.add_argument("key", help="its first letters, as `keys list` shows them")
    command(actions, "rotate-codes", _rotate, "make new payment codes with a fresh key")


def _create(settings: Settings, options: argparse.Namespace) -> int:
    kind = options.kind or settings.mode
    print(_merchants(settings, kind).create_key(options.merchant, kind, time.time_ns() // 1000))
    return 0


def _list(settings: Settings, options: argparse.Namespace) -> int:
    for key in _merchants(settings, settings.mode).keys(options.merchant):
        state = f"revoked {_when(key.revoked_at)}" if key.revoked_at else "active"
        print(f"{key.shown}…  {key.kind}  made {_when(key.created_at)}  {state}")
    return 0


def _revoke(settings: Settings, options: argparse.Namespace) -> int:
    shown = options.key.rstrip("…")
    count = _merchants(settings, settings.mode).revoke_key(options.merchant, shown, time.time_ns() // 1000)
    print(f"{count} revoked" if count else "no active key of this merchant begins so", file=sys.stderr)
    return 0 if count else 1


def _rotate(settings: Settings, _options: argparse.Namespace) -> int:
    from feiqian.payments.code_keys import ACCEPTED_SECONDS, KeyFile

    with KeyFile(settings.code_keys).changing() as ring:
        version = ring.rotate(time.time_ns() // 1_000_000_000)
    print(
        f"codes are made with key version {version} once the server has taken it up;"
        f" those of the one before are refused in {ACCEPTED_SECONDS} s",
        file=sys.stderr,
    )
    return 0


def _merchants(settings: Settings, kind: Kind) -> Merchants:
    from feiqian.db import BankDb
    from feiqian.merchants.registry import Merchants

    if not settings.bank_url and not settings.file("bank.db").exists():
        raise SystemExit(f"feiqian: there is no bank in the folder {settings.data!r}; --data names another")
    return Merchants(BankDb(Path(settings.data), settings.bank_url), kind)


def _when(microseconds: int) -> str:
    return datetime.fromtimestamp(microseconds / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
