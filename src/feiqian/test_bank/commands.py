"""`feiqian test-bank`: a private bank for developers' tests, and what is asked of it while it runs."""

from __future__ import annotations

import argparse
from pathlib import Path

from feiqian.commands.common import Commands, address, command
from feiqian.settings import Settings

EPILOG = """\
examples:
  feiqian test-bank                        start one, in var-test-bank/, and say what you need
  feiqian test-bank payers                 who pays, and what comes of it
  feiqian test-bank pay ord_…              pay an order
  feiqian test-bank pay ord_… --payer poor
  feiqian test-bank code confirms          the 20 digits that a payer shows at a till
  feiqian test-bank forward 2h             move its clock on: orders expire, webhooks are sent again

docs/guide/testing.md has the table of payers and amounts.
"""


def register(commands: Commands) -> None:
    parser = command(commands, "test-bank", start, "start a private bank for tests, whose clock moves on", EPILOG)
    address(parser)
    asked = parser.add_subparsers(metavar="ASKED")
    command(asked, "payers", payers, "list the payers of the test bank that is running")
    command(asked, "key", key, "print the shop's API key")
    pay_parser = command(asked, "pay", pay, "pay an order")
    pay_parser.add_argument("order")
    pay_parser.add_argument("--payer", default="paid")
    code_parser = command(asked, "code", code, "print the payment code of a payer")
    code_parser.add_argument("payer")
    forward_parser = command(asked, "forward", forward, "move the bank's clock on")
    forward_parser.add_argument("time", help="such as 90s, 15m, 2h or 3d")


def start(settings: Settings, options: argparse.Namespace) -> int:
    from feiqian.test_bank.run import run  # builds the whole bank: only when it is wanted

    return run(settings)


def payers(settings: Settings, options: argparse.Namespace) -> int:
    from feiqian.test_bank.asking import ask

    for one in ask(_folder(settings), "GET", "/test/payers")["data"]:
        outcome = f"{one['status']} {one['reason']}".strip()
        print(f"{one['name']:14}{one['mobile']}  {one['account']}  {outcome}, order {one['order']}")
    return 0


def key(settings: Settings, options: argparse.Namespace) -> int:
    from feiqian.test_bank.state import read_state

    print(read_state(_folder(settings)).key)
    return 0


def pay(settings: Settings, options: argparse.Namespace) -> int:
    from feiqian.test_bank.asking import ask

    told = ask(_folder(settings), "POST", f"/test/orders/{options.order}/pay", {"payer": options.payer})
    for attempt in told["attempts"]:
        print(" ".join(text for text in (attempt["status"], attempt["reason"]) if text))
    print(f"order {told['order']['status']}")
    return 0


def code(settings: Settings, options: argparse.Namespace) -> int:
    from feiqian.test_bank.asking import ask

    print(ask(_folder(settings), "POST", f"/test/payers/{options.payer}/code")["payment_code"])
    return 0


def forward(settings: Settings, options: argparse.Namespace) -> int:
    from feiqian.test_bank.asking import ask, seconds_of

    body = {"forward_seconds": seconds_of(options.time)}
    print(ask(_folder(settings), "POST", "/test/clock", body)["now"])
    return 0


def _folder(settings: Settings) -> Path:
    from feiqian.test_bank.state import data_of

    return data_of(settings)
