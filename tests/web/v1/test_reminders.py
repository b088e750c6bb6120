"""Reminders over the JSON interface."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from feiqian.testing.people import Person, picture
from feiqian.testing.served import Served

PATH = "/v1/me/reminders"
WALLET = {"account": "wallet", "currency": "CNY"}


@pytest.fixture
def holder(newcomer: Person) -> Person:
    newcomer.register()
    newcomer.post("/v1/me/identity", {"images": [base64.b64encode(picture()).decode()]})
    return newcomer


def test_reminders_are_chosen_and_listed(served: Served, holder: Person) -> None:
    assert holder.get(PATH)["data"] == [WALLET | {"channels": [], "threshold": 0, "quiet": None}]
    wanted: dict[str, Any] = WALLET | {"channels": ["email", "sms"], "threshold": 50_00}
    wanted |= {"quiet": {"since": "22:00", "until": "07:30"}}
    chosen = holder.post(PATH, wanted)
    assert chosen == wanted | {"channels": ["sms", "email"]}
    assert holder.get(PATH)["data"] == [chosen]
    assert holder.post(PATH, WALLET | {"channels": []})["channels"] == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"account": "acc_01a21ac8d8a073fb8e8d69f236941c11"}, "account"),
        ({"currency": "QQQ"}, "currency"),
        ({"channels": ["fax"]}, "channels"),
        ({"threshold": -1}, "threshold"),
        ({"quiet": {"since": "22:00", "until": "22:00"}}, "quiet.until"),
        ({"quiet": {"since": "24:00", "until": "07:00"}}, "quiet.since"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(holder: Person, wrong: dict[str, Any], field: str) -> None:
    answer = holder.api.post(PATH, json=WALLET | {"channels": ["sms"]} | wrong)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
