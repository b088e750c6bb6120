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
    from feiqian.db import BankDb
    from feiqian.merchants.api_keys import KeyInfo, NewKey
    from feiqian.merchants.keys import Kind
    from feiqian.merchants.registry import Merchants
    from feiqian.runtime.transactions import Transactions

EPILOG = """\
examples:
  feiqian keys create 1              a key for merchant 1, shown once; only its hash is kept
  feiqian keys create 1 --name till --scopes payments:write,payments:read --days 365
                                     one that is named, may do only this, and ends
  feiqian keys list 1                the merchant's keys by their first letters, with scopes, end and last use
  feiqian keys revoke 1 fq_test_Ab3x refused within a second, everywhere
  feiqian keys bank create           a key for a system of the bank, shown once; bank list, bank revoke
  feiqian keys rotate-codes          a fresh key for payment codes; the one before is read for 60 s
"""

MOST_DAYS = 3_650


def register(commands: Commands) -> None:
    parser = command(commands, "keys", _create, "make, list and revoke API keys; rotate the keys of codes", EPILOG)
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    create = command(actions, "create", _create, "a new API key for a merchant")
    create.add_argument("merchant", type=int, help="the merchant's number")
    create.add_argument("--kind", choices=("test", "live"), help="default: the server's mode")
    create.add_argument("--name", default="", help="what it is for, at most 60 characters")
    create.add_argument("--scopes", metavar="SCOPE[,SCOPE…]", help="what it may be used for; default: everything")
    create.add_argument("--days", type=int, default=0, help="for how many days it is honoured; default: without end")
    listing = command(actions, "list", _list, "a merchant's API keys")
    listing.add_argument("merchant", type=int)
    revoke = command(actions, "revoke", _revoke, "revoke a merchant's API key")
    revoke.add_argument("merchant", type=int)
    revoke.add_argument("key", help="its first letters, as `keys list` shows them")
    of_bank = command(actions, "bank", _list_bank, "keys of the bank's own systems")
    bank = of_bank.add_subparsers(metavar="ACTION", required=True)
    command(bank, "create", _create_bank, "a new key for a system of the bank, of the server's mode")
    command(bank, "list", _list_bank, "the keys of the bank's systems")
    revoke_bank = command(bank, "revoke", _revoke_bank, "revoke a key of a system of the bank, at once")
    revoke_bank.add_argument("key", help="its first letters, as `keys bank list` shows them")
    command(actions, "rotate-codes", _rotate, "make new payment codes with a fresh key")


def _create(settings: Settings, options: argparse.Namespace) -> int:
    from feiqian.merchants.errors import KeyInvalid, KeysFull

    kind, now = options.kind or settings.mode, _now()
    try:
        print(_merchants(settings, kind).create_key(options.merchant, kind, now, _wanted(options, now)))
    except (KeyInvalid, KeysFull) as error:
        raise SystemExit(f"feiqian: {error}") from None
    return 0


def _wanted(options: argparse.Namespace, now: int) -> NewKey:
    """Raises KeyInvalid."""
    from feiqian.clock import DAY
    from feiqian.merchants.api_keys import NewKey
    from feiqian.merchants.errors import KeyInvalid
    from feiqian.merchants.scopes import ALL, Scope

    names, days = ALL if options.scopes is None else options.scopes.split(","), options.days
    if unknown := sorted(set(names) - set(ALL)):
        raise KeyInvalid(f"there is no scope {', '.join(unknown)}; there are {', '.join(ALL)}")
    if not 0 <= days <= MOST_DAYS:
        raise KeyInvalid(f"a key is honoured for 1 to {MOST_DAYS} days, or without --days until it is revoked")
    return NewKey(options.name, tuple(map(Scope, names)), now + days * DAY if days else 0)


def _list(settings: Settings, options: argparse.Namespace) -> int:
    now = _now()
    for key in _merchants(settings, settings.mode).keys(options.merchant):
        state = _state(key, now)
        used = f"last used {_when(key.used_at)}" if key.used_at else "not used"
        print(f"{key.shown}…  {key.kind}  made {_when(key.created_at)}  {state}  {used}  {_allowed(key)}  {key.name}")
    return 0


def _state(key: KeyInfo, now: int) -> str:
    if key.revoked_at is not None:
        return f"revoked {_when(key.revoked_at)}"
    if not key.expires_at:
        return "active"
    return f"{'expired' if key.expires_at <= now else 'active until'} {_when(key.expires_at)}"


def _allowed(key: KeyInfo) -> str:
    from feiqian.merchants.scopes import ALL

    return "all scopes" if key.scopes == ALL else ",".join(key.scopes)


def _revoke(settings: Settings, options: argparse.Namespace) -> int:
    shown = options.key.rstrip("…")
    count = _merchants(settings, settings.mode).revoke_key(options.merchant, shown, _now())
    print(f"{count} revoked" if count else "no active key of this merchant begins so", file=sys.stderr)
    return 0 if count else 1


def _create_bank(settings: Settings, _options: argparse.Namespace) -> int:
    from feiqian.merchants import bank_keys

    print(_transactions(settings).write_now(bank_keys.create, settings.mode, _now()))
    return 0


def _list_bank(settings: Settings, _options: argparse.Namespace) -> int:
    from feiqian.merchants import bank_keys

    for key in _transactions(settings).read_now(bank_keys.listed):
        state = f"revoked {_when(key.revoked_at)}" if key.revoked_at else "active"
        print(f"{key.shown}…  {key.kind}  made {_when(key.created_at)}  {state}")
    return 0


def _revoke_bank(settings: Settings, options: argparse.Namespace) -> int:
    from feiqian.merchants import bank_keys

    shown = options.key.rstrip("…")
    count = _transactions(settings).write_now(bank_keys.revoke, shown, _now())
    print(f"{count} revoked" if count else "no active key of the bank begins so", file=sys.stderr)
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
    from feiqian.merchants.registry import Merchants

    return Merchants(_db(settings), kind)


def _transactions(settings: Settings) -> Transactions:
    from feiqian.runtime.transactions import Transactions
    from feiqian.runtime.work import Work

    return Transactions(_db(settings), Work())


def _db(settings: Settings) -> BankDb:
    from feiqian.db import BankDb

    if not settings.bank_url and not settings.file("bank.db").exists():
        raise SystemExit(f"feiqian: there is no bank in the folder {settings.data!r}; --data names another")
    return BankDb(Path(settings.data), settings.bank_url)


def _now() -> int:
    return time.time_ns() // 1000


def _when(microseconds: int) -> str:
    return datetime.fromtimestamp(microseconds / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
