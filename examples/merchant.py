"""A merchant's whole client in one page of Python, without libraries: pay, and never twice.

    FEIQIAN_KEY=fq_test_… python examples/merchant.py 88012345678901234567 1250

The point of it is what happens when no answer comes: the order number is chosen once, before the first attempt, and the
same request is sent again until there is an answer. The server remembers the order, so trying again is always safe; to
take a new order number for the second attempt is how customers are charged twice.
"""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from typing import Any

SERVER = os.environ.get("FEIQIAN_SERVER", "http://127.0.0.1:8080")
ATTEMPTS = 6
TIMEOUT_SECONDS = 10


def call(method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
    """One request: its status and its JSON."""
    request = urllib.request.Request(SERVER + path, method=method)
    request.add_header("Authorization", f"Bearer {os.environ['FEIQIAN_KEY']}")
    if body is not None:
        request.add_header("Content-Type", "application/json")
        request.data = json.dumps(body).encode()
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def pay(code: str, amount: int, currency: str = "CNY") -> dict[str, Any]:
    """Takes a payment of `amount` minor units. Raises RuntimeError when there is no answer, or the request is wrong."""
    order = uuid.uuid4().hex  # in a real till: stored with the sale before the first attempt
    body = {"payment_code": code, "amount": amount, "currency": currency, "merchant_order": order}
    for attempt in range(ATTEMPTS):
        try:
            status, answer = call("POST", "/v1/payments", body)
        except OSError as error:  # no answer: it may have happened, so ask again with the same order number
            print(f"no answer ({error}), trying again", file=sys.stderr)
        else:
            if status == 200:
                return answer
            if status not in (409, 503):  # under way, or at capacity: again later; all else is our own mistake
                raise RuntimeError(f"{status}: {answer}")
        time.sleep(min(2**attempt * 0.2, 3))
    raise RuntimeError(f"no answer; ask later for /v1/payments?merchant_order={order}")


def main() -> None:
    code, amount = sys.argv[1], int(sys.argv[2])
    payment = pay(code, amount)
    print(json.dumps(payment, indent=2, ensure_ascii=False))
    if payment["status"] == "succeeded":
        print("balance:", call("GET", "/v1/balance")[1])


if __name__ == "__main__":
    main()
