"""The pages of reminders, as a browser without scripts has them."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

import httpx
import pytest

from feiqian.money import CNY
from feiqian.subjects import Role, Subject
from feiqian.testing.people import Person, picture
from feiqian.testing.served import Served

_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    bank = Served(tmp_path_factory.mktemp("bank"), pages=True)
    yield bank
    bank.stop()


class Holder(Person):
    """With a wallet, an account, and a browser."""

    def __init__(self, bank: Served, place: int) -> None:
        super().__init__(bank, place)
        self.register()
        self.post("/v1/me/identity", {"images": [base64.b64encode(picture()).decode()]})
        opening = bank.bank.services.deposits.open(self.number, CNY.number, "current", Subject(Role.STAFF, 0))
        self.account = bank.wait_for(opening)
        token = self.api.headers["authorization"].removeprefix("Bearer ")
        self.browser = httpx.Client(
            base_url=bank.url, cookies={"feiqian": token}, headers={"origin": bank.url}, timeout=30
        )

    def fill(self, path: str, **fields: str) -> httpx.Response:
        """Sends the form of a page."""
        page = self.browser.get(path)
        assert page.status_code == 200, page.text
        return self.browser.post(path, data=dict(_HIDDEN.findall(page.text)) | fields)


@pytest.fixture(scope="module")
def holder(served: Served) -> Iterator[Holder]:
    holder = Holder(served, 300)
    yield holder
    holder.browser.close()
    holder.api.close()


def test_reminders_are_chosen_by_forms(holder: Holder) -> None:
    path = f"/reminders/{holder.account}"
    assert 'href="/reminders"' in holder.browser.get("/wallet").text
    assert "Off" in holder.browser.get("/reminders").text
    sent = holder.fill(path, sms="yes", threshold="99,50", quiet_since="1320", quiet_until="420")
    assert (sent.status_code, sent.headers["location"]) == (303, "/reminders?said=saved")
    overview = holder.browser.get("/reminders?said=saved").text
    assert "SMS · from ¥99.50 · quiet from 22:00 to 07:00" in " ".join(overview.split()).replace(" on ·", " ·")
    form = holder.browser.get(path).text
    assert 'value="99.50"' in form
    assert 'value="1320" selected' in form
    assert "no device has notifications switched on" in form


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"threshold": "a lot"}, "Enter an amount"),
        ({"threshold": "1e3"}, "Enter an amount"),
        ({"quiet_since": "1320"}, "Choose two different hours"),
        ({"quiet_since": "60", "quiet_until": "60"}, "Choose two different hours"),
        ({"quiet_since": "1", "quiet_until": "x"}, "Choose two different hours"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(holder: Holder, fields: dict[str, str], said: str) -> None:
    answer = holder.fill("/reminders/wallet-CNY", sms="yes", **fields)
    assert answer.status_code == 422
    assert said in answer.text


def test_what_is_not_ones_own_is_not_there(holder: Holder) -> None:
    for name in ("acc_01a21ac8d8a073fb8e8d69f236941c11", "wallet-EUR", "wallet"):
        assert holder.browser.get(f"/reminders/{name}").status_code == 404


def test_minutes_that_an_app_chose_stay_when_a_form_is_sent(holder: Holder) -> None:
    settings = {"account": "wallet", "currency": "CNY", "channels": ["sms"]}
    holder.post("/v1/me/reminders", settings | {"quiet": {"since": "22:15", "until": "07:45"}})
    page = holder.browser.get("/reminders/wallet-CNY").text
    assert 'value="1335" selected' in page
    assert holder.fill("/reminders/wallet-CNY", sms="yes", quiet_since="1335", quiet_until="465").status_code == 303
    assert holder.get("/v1/me/reminders")["data"][0]["quiet"] == {"since": "22:15", "until": "07:45"}
