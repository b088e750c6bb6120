"""`python -m feiqian_client listen`: webhooks for a developer's machine."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from . import webhooks
from .client import Client
from .errors import FeiqianError
from .listening import Listener
from .signatures import new_secret

EPILOG = """\
example:
  FEIQIAN_KEY=fq_test_… python -m feiqian_client listen --forward http://localhost:3000/webhooks

The key is better in FEIQIAN_KEY than on the command line, where others on this machine can read it.
"""


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m feiqian_client", description="The bank's library for shops.")
    listen = top.add_subparsers(dest="command", required=True).add_parser(
        "listen",
        help="forward your webhooks to this machine",
        description="Forwards your webhooks to this machine, signed, until it is interrupted.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    listen.add_argument("--forward", required=True, metavar="URL", help="where your receiver listens")
    listen.add_argument("--url", help="the bank's address (default: FEIQIAN_SERVER, or http://localhost:8080)")
    listen.add_argument("--key", help="your API key (default: FEIQIAN_KEY)")
    listen.add_argument("--events", action="append", metavar="NAME", help="such as order.paid or order.*; default: all")
    listen.add_argument("--secret", help="one of before, so that your receiver need not be told another")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 when it was interrupted, 1 when the bank refuses, 2 for wrong usage."""
    options = parser().parse_args(arguments)
    url = options.url or os.environ.get("FEIQIAN_SERVER") or "http://localhost:8080"
    secret = options.secret or new_secret()
    try:
        webhooks.signed(secret, "evt", b"", 0)
        with Client(url, options.key or os.environ.get("FEIQIAN_KEY", "")) as bank:
            listener = Listener(bank, options.forward, secret, options.events or ("*",))
            place = listener.begin()
            print(f"listening; forwarding to {options.forward}, signed with\n{secret}", flush=True)
            listener.run(place)
    except KeyboardInterrupt:
        return 0
    except FeiqianError as error:
        return _say(error, 1)
    except ValueError as error:
        return _say(error, 2)
    return 0


def _say(error: Exception, code: int) -> int:
    print(f"feiqian_client: {error}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
