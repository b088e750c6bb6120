"""The wallet's pages over HTTP, one after another at a server with everything running, in a bank whose customers have
paid often and sent money to each other. Asked for as browsers do; pages of who is signed in come uncompressed.
"""

from __future__ import annotations

import gzip
import http.client
import re
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any, NamedTuple

from feiqian.demo.seeding import Plan, SeededMerchant
from feiqian.features import read_models
from feiqian.ids import CustomerNumber
from feiqian.projections.database import DATABASE_ERRORS, open_database
from feiqian.projections.schema import read_position

from .lived import live
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
MERCHANTS = 20
ROW, NEXT = re.compile(r'href="(/activity/[^"?]+)"'), re.compile(r'rel="next" href="([^"]+)"')
SENT = re.compile(r"pst_\w+")  # on the receipt of what was sent


class Looked(NamedTuple):
    """One page that was asked for: milliseconds, and its bytes as they came."""

    took: float
    size: int


class LivedBank(Bank):
    """In which everybody has `entries` lines, give or take a few."""

    def __init__(self, customers: int, entries: int) -> None:
        self._entries = entries
        plan = town(customers)._replace(merchants=MERCHANTS)
        super().__init__(customers, MERCHANTS, plan=plan, policy=policy_text())

    def _seed(self, plan: Plan) -> list[SeededMerchant]:
        merchants = super()._seed(plan)
        self.decisions = live(self.settings, self.customers, self._entries)
        return merchants

    def behind(self) -> int:
        """As far as the read model that is last: a page asks several."""
        try:
            position = int(self.health()["position"])
            with closing(open_database(self.settings.read_location, read_only=True)) as db:
                return max(position - read_position(db, model.name) for model in read_models())
        except DATABASE_ERRORS:
            return 1  # not made yet


def run(customers: int = 10_000, entries: int = 200, people: int = 20, pages: int = 100) -> dict[str, Any]:
    """Each of `customers` has `entries` lines on the average, of payments and of transfers between them; `people` of
    them look at each page `pages` times in all. Times in milliseconds of single requests; `kb` is what came,
    in thousands of bytes; `server_ms` the server's processor time for a page, over all pages."""
    with LivedBank(customers, entries) as bank:
        client = Client(bank.settings.port)
        tokens = [sign_in(bank, client, CustomerNumber(number))[1] for number in range(1, people + 1)]
        bank.catch_up()
        looking = Looking(bank.settings.port, tokens)
        sent = [_sent(looking, who) for who in range(people)]
        _of_all(looking, people, sent)  # warm
        before, began = bank.processor_seconds()["server"], looking.count
        figures = _of_all(looking, pages, sent)
        used = bank.processor_seconds()["server"] - before
        client.close()
    per_page = used * 1000 / (looking.count - began)
    return {"customers": customers, "decisions": bank.decisions, "server_ms": per_page, **figures}


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


def _sent(looking: Looking, who: int) -> str:
    """The page of a transfer that this customer has sent lately, found by its receipt."""
    for row in ROW.findall(looking.at("/activity", who)[1]):
        if (found := SENT.search(looking.at(row, who)[1])) is not None:
            return f"/transfers/{found[0]}"
    raise SystemExit("feiqian bench: a customer has sent nothing lately")


def _of_all(looking: Looking, count: int, sent: Sequence[str]) -> dict[str, float]:
    seen: dict[str, list[Looked]] = {name: [] for name in (*PLACES, "activity_later", "receipt", "sent")}
    for who in range(count):
        for name, place in PLACES.items():
            looked, page = looking.at(place, who)
            seen[name].append(looked)
            for found, into in ((ROW, "receipt"), (NEXT, "activity_later")) if name == "activity" else ():
                if (address := found.search(page)) is not None:
                    seen[into].append(looking.at(address[1].replace("&amp;", "&"), who)[0])
        seen["sent"].append(looking.at(sent[who % len(sent)], who)[0])
    return dict(_figures(seen))


def _figures(seen: dict[str, list[Looked]]) -> Iterator[tuple[str, float]]:
    for name, all in seen.items():
        if all:
            yield f"{name}_p50_ms", statistics.median(one.took for one in all)
            yield f"{name}_p95_ms", sorted(one.took for one in all)[int(len(all) * 0.95)]
            yield f"{name}_kb", max(one.size for one in all) / 1000
