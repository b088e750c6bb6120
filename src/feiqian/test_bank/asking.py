"""Asks a test bank that is running, as the command line does: where it is and with which key stands in its folder."""

from __future__ import annotations

import http.client
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from feiqian.test_bank.state import BankRefused, read_state

SECONDS = 600  # for an answer: receivers of webhooks may be slow
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_SPAN = re.compile(r"(\d{1,9})([smhd]?)", re.ASCII)


def seconds_of(span: str) -> int:
    """`90`, `90s`, `15m`, `2h` or `3d` in seconds. Raises BankRefused."""
    match = _SPAN.fullmatch(span)
    if match is None:
        raise BankRefused(f"{span!r} is no time: give it as 90s, 15m, 2h or 3d")
    return int(match[1]) * _UNITS[match[2] or "s"]


def ask(folder: Path, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """The answer. Raises BankRefused with what the bank says."""
    state = read_state(folder)
    address = urlsplit(state.url)
    connection = http.client.HTTPConnection(address.hostname or "localhost", address.port, timeout=SECONDS)
    headers = {"authorization": f"Bearer {state.key}", "content-type": "application/json"}
    try:
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        said = json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise BankRefused(f"the test bank in {folder} does not answer at {state.url}: is it running?") from error
    finally:
        connection.close()
    if answer.status != 200:
        raise BankRefused(f"the test bank refuses: {said.get('detail') or said.get('title')}")
    return said
