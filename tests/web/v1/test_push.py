"""Push subscriptions over the JSON interface: added, seen without secrets and removed by whose they are alone."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest
from subscribing import Subscribed

from feiqian.auth.pushes import mark_of
from feiqian.notify.push_subscription import LONGEST_ENDPOINT
from feiqian.subjects import customer
from feiqian.testing.people import Person
from feiqian.testing.served import Served

PATH = "/v1/me/push-subscriptions"


@pytest.fixture(scope="module")
def pushing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A bank that pushes, to public addresses only."""
    bank = Served(tmp_path_factory.mktemp("pushing"), push_contact="mailto:pay@bank.example")
    yield bank
    bank.stop()


@pytest.fixture
def mei(pushing: Served, places: Iterator[int]) -> Iterator[Person]:
    yield from registered(pushing, next(places))


@pytest.fixture
def eve(pushing: Served, places: Iterator[int]) -> Iterator[Person]:
    yield from registered(pushing, next(places))


def registered(bank: Served, place: int) -> Iterator[Person]:
    person = Person(bank, place)
    person.register()
    yield person
    person.api.close()


def body(browser: Subscribed) -> dict[str, object]:
    return {"subscription": json.loads(browser.subscription())}


def add(person: Person, browser: Subscribed) -> None:
    assert person.post(PATH, body(browser)) == {"done": True}


def told_at(person: Person) -> list[str]:
    """The addresses that this customer's messages go to."""
    services = person.bank.bank.services
    contacts = services.transactions.read_now(services.customers.contacts, customer(person.number))
    assert contacts is not None
    return [json.loads(address)["endpoint"] for address in contacts.push]


def device_here(person: Person) -> str:
    [here] = [device["id"] for device in person.get("/v1/me/security")["devices"] if device["here"]]
    return str(here)


def test_a_device_is_added_and_listed_without_its_secrets_and_removed(mei: Person) -> None:
    browser = Subscribed("https://push.example/mei")
    assert mei.get(PATH)["data"] == []
    for _ in range(2):
        add(mei, browser)
    answer = mei.api.get(PATH)
    assert answer.json()["data"] == [{"id": device_here(mei), "here": True, "mark": mark_of(browser.endpoint)}]
    assert answer.json()["key"] == mei.bank.bank.services.notify.push_key
    secrets = json.loads(browser.subscription())
    for secret in (browser.endpoint, *secrets["keys"].values()):
        assert secret not in answer.text
    assert told_at(mei) == [browser.endpoint]
    gone = f"{PATH}/{device_here(mei)}/remove"
    assert mei.post(gone) == {"done": True}
    assert (mei.get(PATH)["data"], told_at(mei)) == ([], [])
    assert mei.post(gone, status=404)["type"] == "/problems/not-found"


def test_each_device_has_its_own_and_any_of_them_is_removed_from_another(mei: Person) -> None:
    add(mei, Subscribed("https://push.example/first"))
    first = device_here(mei)
    mei.open_session()  # another device
    add(mei, Subscribed("https://push.example/second"))
    second = device_here(mei)
    assert [(one["id"], one["here"]) for one in mei.get(PATH)["data"]] == [(first, False), (second, True)]
    mei.post(f"{PATH}/{first}/remove")
    assert told_at(mei) == ["https://push.example/second"]


def test_nobody_sees_or_removes_what_is_another_s(mei: Person, eve: Person) -> None:
    browser = Subscribed("https://push.example/of-mei")
    add(mei, browser)
    assert eve.get(PATH)["data"] == []
    assert eve.post(f"{PATH}/{device_here(mei)}/remove", status=404)["type"] == "/problems/not-found"
    assert told_at(mei) == [browser.endpoint]
    add(eve, browser)  # a phone that was passed on is told of its new owner's payments only
    assert (told_at(mei), told_at(eve)) == ([], [browser.endpoint])


def test_without_a_session_nothing_is_shown_or_done(pushing: Served) -> None:
    with httpx.Client(base_url=pushing.url, timeout=60) as stranger:
        for answer in (
            stranger.get(PATH),
            stranger.post(PATH, json=body(Subscribed())),
            stranger.post(f"{PATH}/dev_1/remove"),
        ):
            assert (answer.status_code, answer.json()["type"]) == (401, "/problems/session-needed")


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://10.0.0.7/push",
        "https://127.0.0.1/push",
        "https://[::1]/push",
        "https://169.254.169.254/latest",
        "https://localhost/push",
        "https://push.internal/1",
        "https://push.example:8443/1",
        "https://user@push.example/1",
        "http://push.example/1",
        "file:///etc/passwd",
        "https://push.example/" + "x" * LONGEST_ENDPOINT,
    ],
)
def test_an_address_that_is_no_public_push_service_is_refused(mei: Person, endpoint: str) -> None:
    kept = Subscribed("https://push.example/kept")
    add(mei, kept)
    refused = mei.post(PATH, body(Subscribed(endpoint)), status=422)
    assert refused["type"] == "/problems/invalid-request"
    [error] = refused["errors"]
    assert error["field"].startswith("subscription")
    assert endpoint not in json.dumps(refused)
    assert told_at(mei) == [kept.endpoint]


@pytest.mark.parametrize(
    "keys",
    [
        {"p256dh": "AAAA", "auth": "BTBZMqHH6r4Tts7J_aSIgg"},
        {"p256dh": "B" * 87, "auth": "BTBZMqHH6r4Tts7J_aSIgg"},
        {"auth": "BTBZMqHH6r4Tts7J_aSIgg"},
        {},
    ],
)
def test_keys_that_nothing_can_be_encrypted_for_are_refused(mei: Person, keys: dict[str, str]) -> None:
    wrong = {"subscription": {"endpoint": "https://push.example/1", "keys": keys}}
    assert mei.post(PATH, wrong, status=422)["errors"][0]["field"].startswith("subscription")
    assert told_at(mei) == []


def test_a_bank_that_pushes_nothing_says_so(served: Served, newcomer: Person) -> None:
    newcomer.register()
    assert newcomer.get(PATH) == {"key": "", "data": []}
    refused = newcomer.post(PATH, body(Subscribed()), status=404)
    assert (refused["type"], refused["detail"]) == ("/problems/not-found", "This bank pushes nothing.")
