"""One person with a wallet, two accounts, a browser and an app, at a bank that is served: limits and secrets."""

from __future__ import annotations

import base64
import io
import logging
import re
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import httpx
import pytest
from sqlalchemy import text

from feiqian.accounts.kinds import AccountKind, day_amount_id
from feiqian.deposits.model import DepositAccount
from feiqian.ids import CustomerNumber
from feiqian.ledger import chart
from feiqian.money import CNY
from feiqian.quick.model import Way
from feiqian.quick.pages.bills import bill_pages
from feiqian.quick.paying_model import Bill
from feiqian.runtime import logs
from feiqian.services import Services
from feiqian.subjects import Role, Subject, customer
from feiqian.testing.people import PASSWORD, PIN, Person, picture
from feiqian.testing.served import Served
from feiqian.web.application import Pages, guest_pages

OPERATOR = Subject(Role.STAFF, 0)
QUICK, CHALLENGES, SOURCES = "/v1/me/quick-payments", "/v1/me/challenges", "/v1/me/payment-sources"
LIMIT, EACH = 500_00, 80_00
NAME, ALIAS = "Zhao Lingyun", "lingyunrent"
PLACES = count(900)


def bill(number: str) -> Bill | None:
    """Every number that begins so is a bill of 80 yuan."""
    return Bill(1, EACH, CNY.number, number, "Water", 0) if number.startswith("W-") else None  # type: ignore[arg-type]


def pages(services: Services) -> Pages:
    return guest_pages(services, [bill_pages(bill)], {})


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = Served(tmp_path_factory.mktemp("one-person"), pages=pages)
    yield served
    served.stop()


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    stream, engine = io.StringIO(), logging.getLogger("sqlalchemy.engine")
    before = engine.level
    logs.configure("debug", "json", stream)
    engine.setLevel(logging.NOTSET)
    yield stream
    engine.setLevel(before)


@pytest.fixture
def person(served: Served) -> Iterator[Person]:
    """Checked, with 1,000 yuan in the wallet."""
    person = Person(served, next(PLACES))
    person.register(NAME)
    person.post("/v1/me/identity", {"images": [base64.b64encode(picture()).decode()]})
    customer = CustomerNumber(person.number)
    served.wait_for(served.bank.services.accounts.adjust(customer, CNY.number, 1_000_00, f"rich-{customer}"))
    yield person
    person.api.close()


def account_of(served: Served, person: Person, amount: int = 1_000_00) -> tuple[DepositAccount, str]:
    """One more account of theirs, open to quick payment, with money on it; and its number."""
    s = served.bank.services

    async def opened() -> tuple[DepositAccount, str]:
        id = await s.deposits.open(CustomerNumber(person.number), CNY.number, "current", OPERATOR)
        account = await s.transactions.read(s.deposits.get, id)
        cash = chart.account_id(AccountKind.BANK_CASH, CNY.number, chart.BANK)
        brought = chart.derived_id(b"test", id.encode())
        s.ledger.post(chart.transfer(brought, debit=cash, credit=account.ledger_id, amount=amount))
        await s.ledger.durable(s.ledger.position)
        await s.transactions.write(s.quick.open_within, account, OPERATOR, Way.STAFF)
        return account, await s.transactions.read(s.deposits.number, id)

    return served.wait_for(opened())


def guest(served: Served) -> httpx.Client:
    """A browser that nobody is signed in with."""
    at_home = {"host": "localhost:8080", "sec-fetch-site": "same-origin", "accept-language": "en"}
    return httpx.Client(base_url=served.url, headers=at_home, timeout=30)


def mark(page: httpx.Response) -> dict[str, str]:
    """Of whom a page was made for."""
    found = re.search(r'name="page_for" value="([^"]*)"', page.text)
    return {"page_for": found[1]} if found else {}


def begun_by_page(person: Person, browser: httpx.Client, number: str, given: str) -> httpx.Response:
    """What is asked of whoever gives a mobile number and digits."""
    asked = browser.get(f"/bill/{number}")
    who = {"country": "CN", "mobile": person.mobile.removeprefix("+86"), "account": given}
    return browser.post(f"/bill/{number}", data=mark(asked) | who, follow_redirects=True)


def proved_in_app(person: Person, served: Served, six: str, reference: str) -> Callable[[], str]:
    """A quick payment of the person who is signed in, of which only the confirmation is missing."""
    shop = served.bank.services.merchants.all()[0]
    asked = {"merchant": shop.id, "amount": EACH, "currency": "CNY", "reference": reference, "account": six}
    begun = person.post(QUICK, asked)
    challenge = person.post(f"{QUICK}/{begun['id']}/challenge")
    person.prove(CHALLENGES, challenge, ("sms", ""))
    return lambda: confirmed(person, begun["id"], challenge["id"])


def confirmed(person: Person, id: str, challenge: str) -> str:
    with httpx.Client(base_url=person.bank.url, headers=dict(person.api.headers), timeout=30) as app:
        return str(app.post(f"{QUICK}/{id}/confirm", json={"challenge": challenge}).json()["status"])


def proved_by_page(person: Person, served: Served, six: str, number: str) -> Callable[[], str]:
    """The same, by a browser that nobody is signed in with: its code comes with the confirmation."""
    browser = guest(served)
    page = begun_by_page(person, browser, number, six)
    code = person.code()

    def enter() -> str:
        data = mark(page) | {"do": "answer", "way": "0", "factor": "sms", "answer": code}
        done = surely(browser, number, browser.post(f"/bill/{number}/confirm", data=data, follow_redirects=True))
        found = re.search(r'data-outcome="(\w+)"', done.text)
        browser.close()
        return found[1] if found else done.text

    return enter


def by_code(served: Served, person: Person, codes: list[str]) -> Callable[[], str]:
    order = {"payment_code": codes.pop(), "amount": EACH, "currency": "CNY", "merchant_order": secrets.token_hex(8)}

    def pay() -> str:
        with served.client() as shop:
            return str(shop.post("/v1/payments", json=order).json()["status"])

    return pay


def test_abuse_102_one_limit_counts_code_quick_and_every_account_at_once(served: Served, person: Person) -> None:
    first, number = account_of(served, person)
    other, second = account_of(served, person)
    person.post("/v1/me/limits/lower", {"currency": "CNY", "scope": "all", "period": "day", "amount": LIMIT})
    person.post(SOURCES, {"currency": "CNY", "sources": ["wallet", first.id, other.id], "falls_through": True})
    codes = served.codes(CustomerNumber(person.number), 6)
    acts = [by_code(served, person, codes) for _ in range(5)]
    acts += [proved_in_app(person, served, six[-6:], f"R-{six[-6:]}") for six in (number, second)]
    acts += [proved_by_page(person, served, number[-6:], "W-1")]
    with ThreadPoolExecutor(len(acts)) as at_once:
        ended = list(at_once.map(lambda act: act(), acts))
    most = LIMIT // EACH
    assert sorted(ended) == ["declined"] * (len(acts) - most) + ["succeeded"] * most
    engine = served.bank.services.ledger.engine
    counter = day_amount_id(CNY.number, CustomerNumber(person.number))
    assert served.inside(lambda: engine.used(counter))[0] == most * EACH
    accounts = {one["id"]: one["balance"] for one in person.get("/v1/me/accounts")["data"]}
    assert sum(accounts.values()) == 3_000_00 - most * EACH
    assert moved(person, first.id, other.id, accounts[first.id]) == "succeeded", "nothing leaves the customer"
    assert by_code(served, person, codes)() == "declined", "and nothing is fresh by it"


def moved(person: Person, source: str, target: str, amount: int) -> str:
    wanted = {"number": "T-1", "source": source, "target": target, "amount": amount, "currency": "CNY"}
    return str(person.post("/v1/me/transfers", wanted)["status"])


def opened_by_page(person: Person, browser: httpx.Client, number: str) -> httpx.Response:
    """Quick payment, by whoever knows everything and has the phone."""
    who = {"act": "open", "account": number, "name": NAME, "number": person.document}
    page = browser.post("/quick", data=mark(browser.get("/quick")) | who, follow_redirects=True)
    data = mark(page) | {"do": "answer", "way": "0", "factor": "sms", "answer": person.code()}
    return browser.post("/quick/confirm", data=data, follow_redirects=True)


def paid_by_page(person: Person, browser: httpx.Client, number: str, given: str) -> httpx.Response:
    """A bill, by mobile number, what is given for the account, and the code that arrives."""
    page = begun_by_page(person, browser, number, given)
    data = mark(page) | {"do": "answer", "way": "0", "factor": "sms", "answer": person.code()}
    return surely(browser, number, browser.post(f"/bill/{number}/confirm", data=data, follow_redirects=True))


def surely(browser: httpx.Client, number: str, page: httpx.Response) -> httpx.Response:
    """What follows, also for who is asked first whether the same is to be paid a second time."""
    if page.url.path != f"/bill/{number}/again":
        return page
    return browser.post(f"/bill/{number}/done", data=mark(page), follow_redirects=True)


def addresses(answers: list[httpx.Response]) -> list[str]:
    """Of these answers and of all that led to them, with what browsers were told to keep."""
    return [f"{one.url} {one.headers}" for answer in answers for one in (*answer.history, answer)]


def rows(served: Served) -> str:
    """All that is in the bank's database, sealed columns as they are."""
    db = served.bank.services.db
    with db.read() as connection:
        names = db.engine.dialect.get_table_names(connection)
        return "\n".join(str(tuple(row)) for name in names for row in connection.execute(text(f"SELECT * FROM {name}")))


async def _fail(*asked: object) -> None:
    raise RuntimeError(f"failed with {asked}")


def test_abuse_62_what_a_quick_payer_types_is_in_no_log_address_message_metric_or_row(
    served: Served, person: Person, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, number = account_of(served, person)
    s, holder = served.bank.services, customer(CustomerNumber(person.number))
    served.wait_for(s.transactions.write(s.quick.close_within, account, holder))
    served.wait_for(s.aliases.choose(holder.customer, account.id, ALIAS))
    with guest(served) as browser:
        answers = [opened_by_page(person, browser, number)]
        for bill, given in (("W-6", number[-6:]), ("W-7", ALIAS), ("W-8", number)):
            answers.append(paid_by_page(person, browser, bill, given))
            assert answers[-1].url.path == f"/bill/{bill}/done"
        for address in (f"/bill/{number}", f"/bill?number={number}", f"/quick?act={number}"):
            browser.get(address)
        monkeypatch.setattr(s.payments, "pay_by", _fail)
        answers.append(paid_by_page(person, browser, "W-9", number[-6:]))
    refused = [
        person.api.post(QUICK, json=body) for body in ({"account": number}, {number: number}, {"amount": number})
    ]
    assert [answers[-1].status_code, *(one.status_code for one in refused)] == [500, 422, 422, 422]
    assert "page_failed" in log.getvalue()
    sent = [m.text for m in served.wait_for(s.notify.inbox(500)) if m.address == person.mobile]
    told = [log.getvalue(), httpx.get(f"{served.metrics_url}/metrics", timeout=60).text, answers[-1].text]
    told += addresses(answers) + [one.text for one in refused]
    for digits in (number, number[-6:]):
        assert not any(holds(one, digits) for one in (*told, *sent))
    for secret in (person.document, person.mobile.removeprefix("+86"), NAME, PASSWORD, PIN, ALIAS, *person.seen):
        assert not any(holds(one, secret) for one in told), secret
    for secret in (number, person.document, person.mobile.removeprefix("+86"), PASSWORD):
        assert secret not in rows(served)


def holds(text: str, secret: str) -> bool:
    """Digits count as such that are no part of a longer number, of a time, or of an id."""
    return re.search(rf"(?<![\w.]){re.escape(secret)}(?!\w)", text) is not None
