"""`/v1/me/quick`: the service of one's own accounts, over HTTP."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest

from feiqian.ids import CustomerNumber
from feiqian.money import CNY
from feiqian.quick.model import Pause, Way
from feiqian.subjects import staff
from feiqian.testing.people import PIN, Person, picture
from feiqian.testing.served import Served


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    bank = Served(tmp_path_factory.mktemp("bank"))
    yield bank
    bank.stop()


@pytest.fixture(scope="module")
def persons(served: Served) -> list[Person]:
    """Two, each with an account."""
    both = [Person(served, place) for place in (1, 2)]
    for person in both:
        person.register()
        person.post("/v1/me/identity", {"images": [base64.b64encode(picture()).decode()]})
        number = CustomerNumber(person.number)
        served.wait_for(served.bank.services.deposits.open(number, CNY.number, "current", staff(0)))
    return both


def test_it_is_looked_at_opened_paused_and_closed(persons: list[Person]) -> None:
    she, other = persons
    (shown,) = she.get("/v1/me/quick")["accounts"]
    assert (shown["state"], shown["by_message"], shown["opened_at"]) == ("closed", 1_000_00, None)
    place = f"/v1/me/quick/{shown['account']}"
    challenge = she.post(f"{place}/challenge", status=200)
    she.post(f"{place}/open", {"challenge": challenge["id"]}, status=403)
    she.prove("/v1/me/challenges", challenge, ("pin", PIN), ("sms", ""))
    opened = she.post(f"{place}/open", {"challenge": challenge["id"]})
    assert (opened["state"], opened["opened_by"]) == ("open", "wallet")
    she.post(f"{place}/open", {"challenge": challenge["id"]}, status=409)
    paused = she.post(f"{place}/pause")
    assert (paused["state"], paused["paused_because"]) == ("paused", "holder")
    assert she.post(f"{place}/close")["state"] == "closed"
    assert she.post(f"{place}/pause", status=409)["type"].endswith("/conflict")
    for act in ("challenge", "pause", "close"):
        assert other.post(f"{place}/{act}", status=404)["type"].endswith("/not-found")


def test_what_the_bank_has_paused_only_the_bank_resumes(served: Served, persons: list[Person]) -> None:
    person = persons[1]
    services = served.bank.services
    (account,) = served.wait_for(services.deposits.all_of(CustomerNumber(person.number)))
    place = f"/v1/me/quick/{account.id}"
    challenge = person.prove("/v1/me/challenges", person.post(f"{place}/challenge"), ("pin", PIN), ("sms", ""))
    person.post(f"{place}/open", {"challenge": challenge["id"]})
    served.wait_for(services.transactions.write(services.quick.pause_within, account, staff(1), Pause.STAFF))
    assert person.get("/v1/me/quick")["accounts"][0]["paused_because"] == "staff"
    person.post(f"{place}/close", status=409)


def test_browsers_that_remember_an_account_are_listed_and_forgotten(served: Served, persons: list[Person]) -> None:
    (she, other), services = persons, served.bank.services
    (account,) = served.wait_for(services.deposits.all_of(CustomerNumber(she.number)))
    served.wait_for(services.transactions.write(services.quick.open_within, account, staff(1), Way.STAFF))
    browser = "Mozilla/5.0 (Linux; Android 14) Chrome/129.0 Mobile"
    served.wait_for(services.transactions.write(services.quick_devices.add, account, "qpy_1", browser))
    (one,) = she.get("/v1/me/quick/devices")["devices"]
    assert (one["label"], one["account"], one["last_four"]) == ("Chrome · Android", account.id, account.last_four)
    assert other.get("/v1/me/quick/devices") == {"devices": []}
    place = f"/v1/me/quick/devices/{one['id']}/forget"
    other.post(place, status=404)
    she.post(place)
    she.post(place, status=404)
    assert she.get("/v1/me/quick/devices") == {"devices": []}
