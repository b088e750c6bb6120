"""Sending money under /v1/me, held against its description."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from feiqian.testing.people import PIN
from feiqian.testing.served import Served
from tests.transfers.friends import NAME, Friend

PATH = "/v1/me/person-transfers"


@pytest.fixture(scope="module")
def friends(paged: Served) -> Iterator[tuple[Friend, Friend]]:
    both = Friend(paged, 821), Friend(paged, 822)
    yield both
    for one in both:
        one.close()


def checked(mei: Friend, payee: str, name: str = NAME, status: int = 200) -> dict[str, Any]:
    return mei.post("/v1/me/payees/check", {"way": "mobile", "payee": payee, "name": name}, status)


def wanted(mei: Friend, payee: str, number: str, **more: object) -> dict[str, object]:
    check = checked(mei, payee)["id"]
    return {"number": number, "check": check, "amount": 10_00, "currency": "CNY", "note": "Dinner"} | more


def confirmed(mei: Friend, body: dict[str, object]) -> dict[str, object]:
    challenge = mei.post(f"{PATH}/challenge", body)
    return body | {"challenge": mei.prove("/v1/me/challenges", challenge, ("pin", PIN))["id"]}


def test_money_is_checked_confirmed_sent_and_listed_for_both_sides(friends: tuple[Friend, Friend]) -> None:
    mei, eve = friends
    body = confirmed(mei, wanted(mei, eve.mobile, "A-1"))
    sent = mei.post(PATH, body)
    assert (sent["status"], sent["side"], sent["other"], sent["number"]) == ("succeeded", "sent", NAME, "A-1")
    assert mei.post(PATH, body) == sent
    assert mei.post(PATH, body | {"amount": 11_00}, 422)["type"] == "/problems/id-reused"
    assert mei.get(PATH)["data"][0] == mei.get(f"{PATH}/{sent['id']}") == sent
    (came,) = eve.get(PATH)["data"]
    assert (came["side"], came["other"], came["number"], came["note"]) == ("received", "W** X**", None, "Dinner")
    assert eve.post(f"{PATH}/{sent['id']}/report") == eve.post(f"{PATH}/{sent['id']}/report")
    mei.post(f"{PATH}/{sent['id']}/report", status=409)


def test_pages_of_the_list_follow_each_other(friends: tuple[Friend, Friend]) -> None:
    mei, eve = friends
    for number in ("B-1", "B-2"):
        mei.post(PATH, confirmed(mei, wanted(mei, eve.mobile, number)))
    first = mei.get(f"{PATH}?limit=1")
    rest = mei.get(f"{PATH}?limit=50&cursor={first['next']}")
    assert [one["number"] for one in (*first["data"], *rest["data"])][:2] == ["B-2", "B-1"]
    assert rest["next"] is None


def test_what_is_wrong_is_told_by_field(friends: tuple[Friend, Friend]) -> None:
    mei, eve = friends
    wrong = mei.post("/v1/me/payees/check", {"way": "mobile", "payee": "x", "name": NAME}, 422)
    assert wrong["errors"] == [{"field": "payee", "message": "not_a_number"}]
    checked(mei, mei.mobile, status=409)
    for field, value in (("source", f"acc_{'0' * 32}"), ("currency", "ABC"), ("note", "x\u202ey")):
        told = mei.post(f"{PATH}/challenge", wanted(mei, eve.mobile, "C-1", **{field: value}), 422)
        assert told["errors"][0]["field"] == field
    mei.post(f"{PATH}/challenge", wanted(mei, eve.mobile, "C-2", check=f"pck_{'0' * 32}"), 404)


def test_abuse_43_so_many_names_that_do_not_fit_are_answered_in_a_day(friends: tuple[Friend, Friend]) -> None:
    _, eve = friends
    told = [checked(eve, "+8613899990000", "Peter Schmidt")["check"] for _ in range(10)]
    assert set(told) == {"no_match"}
    throttled = checked(eve, "+8613899990000", "Peter Schmidt", 429)
    assert throttled["type"] == "/problems/too-many-requests"
