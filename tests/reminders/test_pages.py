"""The pages of reminders, as a browser without scripts has them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from feiqian.testing.served import Served
from tests.deposits.holder_pages import PageHolder


@pytest.fixture(scope="module")
def holder(paged: Served) -> Iterator[PageHolder]:
    holder = PageHolder(paged, 300)
    yield holder
    holder.close()


def test_reminders_are_chosen_by_forms(holder: PageHolder) -> None:
    path = f"/reminders/{holder.account}"
    assert 'href="/reminders"' in holder.browser.get("/me").text
    assert "Off" in holder.browser.get("/reminders").text
    sent = holder.fill(holder.page(path), path, sms="yes", threshold="99,50", quiet_since="1320", quiet_until="420")
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
def test_what_cannot_be_is_said_at_its_field(holder: PageHolder, fields: dict[str, str], said: str) -> None:
    path = "/reminders/wallet-CNY"
    answer = holder.fill(holder.page(path), path, sms="yes", **fields)
    assert answer.status_code == 422
    assert said in answer.text


def test_what_is_not_ones_own_is_not_there(holder: PageHolder) -> None:
    for name in ("acc_01a21ac8d8a073fb8e8d69f236941c11", "wallet-EUR", "wallet"):
        assert holder.browser.get(f"/reminders/{name}").status_code == 404


def test_minutes_that_an_app_chose_stay_when_a_form_is_sent(holder: PageHolder) -> None:
    settings = {"account": "wallet", "currency": "CNY", "channels": ["sms"]}
    holder.post("/v1/me/reminders", settings | {"quiet": {"since": "22:15", "until": "07:45"}})
    page = holder.browser.get("/reminders/wallet-CNY").text
    assert 'value="1335" selected' in page
    sent = holder.fill(page, "/reminders/wallet-CNY", sms="yes", quiet_since="1335", quiet_until="465")
    assert sent.status_code == 303
    assert holder.get("/v1/me/reminders")["data"][0]["quiet"] == {"since": "22:15", "until": "07:45"}
