"""`feiqian outbox`: what waits to be sent, what could not be, and sending that again. Works beside a running server."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from feiqian.commands.common import Commands, command
from feiqian.outbox.errors import NotResendable
from feiqian.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from feiqian.outbox.model import Kept

EPILOG = """\
examples:
  feiqian outbox list                       dead letters, the newest first: why they died, never what they say
  feiqian outbox list --state queued --topic sms
  feiqian outbox resend msg_019a…           sends one again, in its place before what is for the same receiver
  feiqian outbox resend --topic email       sends all dead letters of a topic again, the oldest first

A dead letter was refused for good, or tried as often as its topic says. It can be sent again until it expires.
"""
MOST = 1_000  # that one command sends again


def register(commands: Commands) -> None:
    parser = command(commands, "outbox", _list, "list what the bank could not send, and send it again", EPILOG)
    parser.set_defaults(state="dead", topic="", limit=50)
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    listing = command(actions, "list", _list, "deliveries in a state, the newest first")
    listing.add_argument("--state", choices=("dead", "queued", "sent", "expired"), default="dead")
    listing.add_argument("--topic", default="", help="only this one, such as sms, email, push, journal")
    listing.add_argument("--limit", type=int, default=50, help="how many (default: 50)")
    again = command(actions, "resend", _resend, "send dead letters again")
    again.add_argument("ids", nargs="*", metavar="ID")
    again.add_argument("--topic", default="", help=f"all that can be sent again of this topic, {MOST} at most")


def _list(settings: Settings, options: argparse.Namespace) -> int:
    from feiqian.outbox import store
    from feiqian.outbox.model import State

    with _opened(settings) as (connection, _):
        for one in store.kept(connection, State(options.state), options.topic, max(1, options.limit)):
            print(_line(one))
    return 0


def _resend(settings: Settings, options: argparse.Namespace) -> int:
    from feiqian.audit_log.log import AuditLog
    from feiqian.backoffice.model import OPERATOR
    from feiqian.outbox.resending import resend

    if bool(options.ids) == bool(options.topic):
        raise SystemExit("feiqian outbox resend: name dead letters by their ids, or a topic with --topic")
    try:
        with _opened(settings) as (connection, now):
            ids = options.ids or _dead(connection, options.topic, now)
            resent = resend(connection, AuditLog(), ids, OPERATOR, now)
    except NotResendable as error:
        print(f"feiqian: {error}; nothing was changed", file=sys.stderr)
        return 1
    print(f"{len(resent)} queued again", file=sys.stderr)
    return 0


def _dead(connection: Connection, topic: str, now: int) -> list[str]:
    from feiqian.outbox import store
    from feiqian.outbox.model import State

    found = store.kept(connection, State.DEAD, topic, MOST)
    return [one.id for one in reversed(found) if one.payload_kept and one.expires_at > now]


def _line(one: Kept) -> str:
    at = datetime.fromtimestamp(one.created_at // 1_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    tried = f"tried {one.attempts}"
    return f"{one.id}  {at}  {one.topic:<8}  {one.kind:<20}  {one.about:<16}  {tried:<9}  {one.why}".rstrip()


@contextmanager
def _opened(settings: Settings) -> Iterator[tuple[Connection, int]]:
    from feiqian.clock import SystemClock
    from feiqian.db import BankDb

    if not settings.bank_url and not settings.file("bank.db").exists():
        raise SystemExit(f"feiqian: there is no bank in the folder {settings.data!r}; --data names another")
    db = BankDb(Path(settings.data), settings.bank_url)
    try:
        with db.write() as connection:
            yield connection, SystemClock(settings.zone).now()
    finally:
        db.close()
