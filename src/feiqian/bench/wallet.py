"""The wallet's pages over HTTP, one after another at a server with everything running, in a bank whose customers have
paid often. Compressed, as browsers ask for them.
"""

from __future__ import annotations

import gzip
import http.client
import re
import statistics
import time
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from feiqian.ids import CustomerNumber

from .http import SCRIPT, sent_by_wrk
from .sign_in import COOKIE, Bank, Client, policy_text, sign_in, town

PLACES = {
    "home": "/wallet",
    "pay": "/wallet/pay",
    "activity": "/activity",
    "search_text": "/activity?q=tea",
    "search_nothing": "/activity?q=zebra",
    "filter_amount": "/activity?least=50&most=60",
    "statements": "/statements",
    "inbox": "/inbox",
    "me": "/me",
    "scan": "/scan",
    "transfer": "/transfers/new",
    "requests": "/requests",
    "receive": "/receive",
    "splits": "/splits",
    "packets": "/packets",
}
AT_ONCE, PER_SECOND, CONNECTIONS = 80_000, 8_000, 64  # of payments; codes are good for 20 s
ROW, NEXT = re.compile(r'href="(/activity/[^"?]+)"'), re.compile(r'rel="next" href="([^"]+)"')


class Looked(NamedTuple):
    """One page that was asked for: milliseconds, and its bytes as they came."""

    took: float
    size: int


def run(customers: int = 10_000, entries: int = 200, people: int = 20, pages: int = 100) -> dict[str, Any]:
    """Each of `customers` has paid `entries` times on the average; `people` of them look at each page `pages` times in
    all. Times in milliseconds of single requests; `kb` is what came, compressed, in thousands of bytes; `server_ms` the
    server's processor time for a page, over all pages."""
    plan = town(customers)._replace(day_amount=10**12, unverified_per_day=10**12)
    with Bank(customers, 2, plan=plan, policy=policy_text()) as bank:
        _fill(bank, customers * entries)
        client = Client(bank.settings.port)
        tokens = [sign_in(bank, client, CustomerNumber(number))[1] for number in range(1, people + 1)]
        bank.catch_up()
        looking = Looking(bank.settings.port, tokens)
        _of_all(looking, people)  # warm
        before, began = bank.processor_seconds()["server"], looking.count
        figures = _of_all(looking, pages)
        used = bank.processor_seconds()["server"] - before
        client.close()
        payments = bank.statuses()["succeeded"]
    return {"customers": customers, "payments": payments, "server_ms": used * 1000 / (looking.count - began), **figures}


class Looking:
    """Customers in turn, on one connection."""

    def __init__(self, port: int, tokens: Sequence[str]) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._tokens, self.count = tokens, 0

    def at(self, place: str, who: int) -> tuple[Looked, str]:
        """The page as this customer sees it. Raises SystemExit unless there is one."""
        token = self._tokens[who % len(self._tokens)]
        began = time.perf_counter()
        self._connection.request("GET", place, headers={"Cookie": f"{COOKIE}={token}", "Accept-Encoding": "gzip"})
        answer = self._connection.getresponse()
        body = answer.read()
        looked = Looked((time.perf_counter() - began) * 1000, len(body))
        if answer.status != 200:
            raise SystemExit(f"feiqian bench: {place} was answered {answer.status}")
        self.count += 1
        packed = answer.headers.get("content-encoding") == "gzip"
        return looked, (gzip.decompress(body) if packed else body).decode()


def _of_all(looking: Looking, count: int) -> dict[str, float]:
    seen: dict[str, list[Looked]] = {name: [] for name in (*PLACES, "activity_later", "receipt")}
    for who in range(count):
        for name, place in PLACES.items():
            looked, page = looking.at(place, who)
            seen[name].append(looked)
            for found, into in ((ROW, "receipt"), (NEXT, "activity_later")) if name == "activity" else ():
                if (address := found.search(page)) is not None:
                    seen[into].append(looking.at(address[1].replace("&amp;", "&"), who)[0])
    return dict(_figures(seen))


def _figures(seen: dict[str, list[Looked]]) -> Iterator[tuple[str, float]]:
    for name, all in seen.items():
        if all:
            yield f"{name}_p50_ms", statistics.median(one.took for one in all)
            yield f"{name}_p95_ms", sorted(one.took for one in all)[int(len(all) * 0.95)]
            yield f"{name}_kb", max(one.size for one in all) / 1000


def _fill(bank: Bank, payments: int) -> None:
    """Pays by code at the server, until so many have succeeded."""
    file = bank.folder / "payments.txt"
    while (left := payments - bank.statuses().get("succeeded", 0)) > 0:
        prepared = min(left, AT_ONCE)
        with file.open("w") as out:
            out.writelines(f"{key} {body}\n" for key, body in bank.payments(prepared))
        sent_by_wrk(bank, SCRIPT, file, 1 + prepared // PER_SECOND, CONNECTIONS)
        bank.catch_up()
