"""`feiqian staff`: accounts of staff, managed by whoever runs the machine. Works beside a running server."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from feiqian.commands.common import Commands, command
from feiqian.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from feiqian.auth.invitations import Invitation
    from feiqian.backoffice.members import Members
    from feiqian.backoffice.model import StaffMember

EPILOG = """\
examples:
  feiqian staff add mei --name "Mei Lin" --roles reviewer,supporter
                                     prints where to enrol, and a token for it that is good once, for a day
  feiqian staff invite mei           the same again, for who lost a token or was suspended; old tokens stop to work
  feiqian staff list
  feiqian staff suspend mei          ends every session of the account, at once

roles: reviewer (identities), supporter (customers, cases), approver (approves changes that others propose),
auditor (reads the audit log), admin (staff accounts). What one proposes, only another approves.
"""


def register(commands: Commands) -> None:
    parser = command(commands, "staff", _list, "add, invite, list and suspend accounts of staff", EPILOG)
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    add = command(actions, "add", _add, "a new account, and a token to enrol with")
    add.add_argument("login", help="a to z, 0 to 9, '.', '_', '-'")
    add.add_argument("--name", required=True, help="the person's name")
    add.add_argument("--roles", required=True, help="one or more, with commas between")
    invite = command(actions, "invite", _invite, "a new token to enrol with, for an account there is")
    invite.add_argument("login")
    suspend = command(actions, "suspend", _suspend, "let nobody in with this account")
    suspend.add_argument("login")
    command(actions, "list", _list, "every account")


def _add(settings: Settings, options: argparse.Namespace) -> int:
    from feiqian.backoffice.model import OPERATOR

    with _opened(settings) as (connection, members, now):
        roles = options.roles.split(",")
        return _tell(settings, members.add(connection, options.login, options.name, roles, OPERATOR, now))


def _invite(settings: Settings, options: argparse.Namespace) -> int:
    from feiqian.backoffice.model import OPERATOR

    with _opened(settings) as (connection, members, now):
        member = members.by_login(connection, options.login)
        return _tell(settings, members.invite(connection, member.number, OPERATOR, now))


def _suspend(settings: Settings, options: argparse.Namespace) -> int:
    from feiqian.backoffice.model import OPERATOR

    with _opened(settings) as (connection, members, now):
        member = members.by_login(connection, options.login)
        members.suspend(connection, member.number, OPERATOR, now)
    print(f"{member.login} is suspended, and signed out everywhere", file=sys.stderr)
    return 0


def _list(settings: Settings, _options: argparse.Namespace) -> int:
    with _opened(settings) as (connection, members, _):
        for member in members.all(connection):
            print(f"{member.login:<16}  {member.state:<9}  {','.join(sorted(member.roles)):<40}  {member.name}")
    return 0


def _tell(settings: Settings, invitation: Invitation[StaffMember]) -> int:
    """The token alone on standard output; only its hash is kept."""
    until = datetime.fromtimestamp(invitation.expires_at / 1e6, UTC).strftime("%Y-%m-%d %H:%M UTC")  # not money: a time
    address = f"{settings.public_origin}/staff/enrol"
    print(f"{invitation.account.name} enrols at {address} until {until}, once, with this token:", file=sys.stderr)
    print(invitation.token)
    return 0


@contextmanager
def _opened(settings: Settings) -> Iterator[tuple[Connection, Members, int]]:
    from feiqian.audit_log.log import AuditLog
    from feiqian.auth.sessions.service import Sessions
    from feiqian.backoffice.members import Members
    from feiqian.clock import SystemClock
    from feiqian.db import BankDb
    from feiqian.policy.load import load_policy
    from feiqian.runtime.work import Work

    if not settings.bank_url and not settings.file("bank.db").exists():
        raise SystemExit(f"feiqian: there is no bank in the folder {settings.data!r}; --data names another")
    db, clock, work = BankDb(Path(settings.data), settings.bank_url), SystemClock(settings.zone), Work()
    try:
        members = Members(AuditLog(), Sessions(db, load_policy(settings.policy), clock, work))
        with db.write() as connection:
            yield connection, members, clock.now()
    finally:
        work.close()
        db.close()
