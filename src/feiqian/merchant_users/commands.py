"""`feiqian merchants`: invites people of merchants, by whoever runs the machine. Works beside a running server."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from feiqian.commands.common import Commands, command
from feiqian.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from feiqian.merchant_users.invitations import BankInvitations
    from feiqian.merchants.registry import Merchant, Merchants

EPILOG = """\
examples:
  feiqian merchants invite 1 lin@shop.example --role owner
                                       sends a link that is good once, for 72 hours; whoever signs in for the merchant
                                       already and has lost their factors is invited again, and signed out
  feiqian merchants people 1           who signs in for the merchant

roles: owner (everything, people), developer (keys, webhooks; reads orders), operator (orders, refunds), viewer (reads)
"""


def register(commands: Commands) -> None:
    parser = command(commands, "merchants", _people, "invite and list the people of a merchant", EPILOG)
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    invite = command(actions, "invite", _invite, "invite somebody by e-mail, as the bank")
    invite.add_argument("merchant", type=int, help="the merchant's number")
    invite.add_argument("email", help="where the invitation is sent, and what they sign in with")
    invite.add_argument("--role", default="owner", help="owner (the default), developer, operator or viewer")
    invite.add_argument("--language", choices=("en", "zh", "es"), default="en", help="of the message")
    listing = command(actions, "people", _people, "everybody who signs in for a merchant, or is invited")
    listing.add_argument("merchant", type=int)


def _invite(settings: Settings, options: argparse.Namespace) -> int:
    from feiqian.merchant_users.users import INVITATION_HOURS, role_of
    from feiqian.subjects import staff

    with _opened(settings) as (connection, invitations, merchants):
        merchant, role = _merchant(merchants, options.merchant), role_of(options.role)
        user = invitations.by_bank(connection, merchant, options.email, role, options.language, staff(0))
    said = f"{user.email} is invited to {merchant.name} as {user.role}, by a message that is good for"
    print(f"{said} {INVITATION_HOURS} hours; a running server sends it", file=sys.stderr)
    return 0


def _people(settings: Settings, options: argparse.Namespace) -> int:
    with _opened(settings) as (connection, invitations, merchants):
        for user in invitations.users.of(connection, _merchant(merchants, options.merchant).number):
            print(f"{user.email:<40}  {user.role:<9}  {user.state:<8}  {user.name}")
    return 0


def _merchant(merchants: Merchants, number: int) -> Merchant:
    from feiqian.ids import MerchantNumber

    merchant = merchants.by_number(MerchantNumber(number))
    if merchant is None:
        raise SystemExit(f"feiqian: there is no merchant number {number}")
    return merchant


@contextmanager
def _opened(settings: Settings) -> Iterator[tuple[Connection, BankInvitations, Merchants]]:
    from feiqian.clock import SystemClock
    from feiqian.commands.importing import bank_beside
    from feiqian.composition.merchants import invitations_beside

    with bank_beside(settings) as (db, work):
        invitations, merchants = invitations_beside(settings, db, work, SystemClock(settings.zone))
        try:
            with db.write() as connection:
                yield connection, invitations, merchants
        finally:
            merchants.close()
