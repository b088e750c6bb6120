"""Asking for money under /v1/me, held against its description."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from feiqian.testing.people import PIN
from feiqian.testing.served import Served
from tests.transfers.friends import Friend

REQUESTS, CODES, SPLITS = "/v1/me/money-requests", "/v1/me/receive-codes", "/v1/me/splits"
MASKED, NOBODY = "W** X**", "+8613899990000"


@pytest.fixture(scope="module")
def friends(paged: Served) -> Iterator[tuple[Friend, Friend]]:
    both = Friend(paged, 841), Friend(paged, 842)
    yield both
    for one in both:
        one.close()


def wanted(person: str, number: str, **more: object) -> dict[str, object]:
    return {"number": number, "person": person, "amount": 10_00, "currency": "CNY", "note": "Dinner"} | more


def test_a_request_is_made_paid_and_seen_by_both(friends: tuple[Friend, Friend]) -> None:
    mei, eve = friends
    body = wanted(eve.mobile, "A-1")
    made = mei.post(REQUESTS, body)
    assert mei.post(REQUESTS, body) == made
    assert mei.post(REQUESTS, body | {"amount": 11_00}, 422)["type"] == "/problems/id-reused"
    path = f"{REQUESTS}/{made['id']}"
    (came,) = eve.get(REQUESTS)["data"]
    assert (came["side"], came["other"], came["status"], came["note"]) == ("received", MASKED, "open", "Dinner")
    told = eve.post(f"{path}/warnings", {"source": "wallet"})
    assert (told["signals"], told["fraud"], told["held_hours"]) == (["first_payment"], "purchase", 0)
    challenge = eve.post(f"{path}/challenge", {"source": "wallet"})
    assert MASKED in challenge["text"]
    passed = eve.prove("/v1/me/challenges", challenge, ("pin", PIN))["id"]
    paid = eve.post(f"{path}/pay", {"source": "wallet", "challenge": passed})
    assert (paid["status"], eve.post(f"{path}/pay", {"source": "wallet", "challenge": passed})) == ("paid", paid)
    assert eve.get(f"/v1/me/person-transfers/{paid['transfer']}")["other"] == MASKED
    assert mei.get(f"{REQUESTS}?side=made&limit=1")["data"][0]["status"] == "paid"
    for what, body in (("decline", None), ("warnings", {"source": "wallet"})):
        assert eve.post(f"{path}/{what}", body, 409)["type"] == "/problems/request-over"


def test_a_request_is_declined_withdrawn_reported_and_its_asker_blocked(friends: tuple[Friend, Friend]) -> None:
    mei, eve = friends
    ids = [mei.post(REQUESTS, wanted(eve.mobile, f"B-{number}"))["id"] for number in range(3)]
    assert eve.post(f"{REQUESTS}/{ids[0]}/decline")["status"] == "declined"
    assert mei.post(f"{REQUESTS}/{ids[1]}/withdraw")["status"] == "withdrawn"
    assert "until" in mei.post(f"{REQUESTS}/{ids[2]}/remind", status=429)
    assert eve.post(f"{REQUESTS}/{ids[2]}/report")["id"] == ids[2]
    assert eve.post(f"{REQUESTS}/{ids[2]}/block")["data"][0]["name"] == MASKED
    assert eve.get("/v1/me/blocked-askers")["data"][0]["request"] == ids[2]
    assert eve.post(f"{REQUESTS}/{ids[2]}/unblock")["data"] == []
    for bad, field in ((wanted("nobody!", "C-1"), "person"), (wanted(mei.mobile, "C-2"), "person")):
        assert mei.post(REQUESTS, bad, 422)["errors"][0]["field"] == field
    mei.get(f"{REQUESTS}/req_01a21ac8d8a073fb8e8d69f236941c11", 404)


def test_a_receive_code_is_shown_and_read(friends: tuple[Friend, Friend]) -> None:
    mei, eve = friends
    code = mei.post(CODES, {"amount": 5_00, "currency": "CNY"})
    assert f"/receive/to/{code['id']}?code=" in code["link"]
    assert eve.get(f"{CODES}/{code['id']}")["name"] == MASKED
    check = eve.post("/v1/me/payees/check", {"way": "code", "payee": code["id"]})
    assert (check["check"], check["name"], check["receives"]) == ("match", MASKED, True)
    eve.get(f"{CODES}/rcv_01a21ac8d8a073fb8e8d69f236941c11", 404)


def test_a_bill_is_split(friends: tuple[Friend, Friend]) -> None:
    mei, eve = friends
    body = {"number": "S-1", "total": 100_00, "currency": "CNY", "remainder": 2, "note": "Hot pot"}
    body |= {"people": [{"person": eve.mobile}, {"person": NOBODY}]}
    split = eve.get(SPLITS)["data"] or mei.post(SPLITS, body)
    assert (split["mine"], split["paid"], [one["amount"] for one in split["requests"]]) == (
        33_33,
        33_33,
        [33_33, 33_34],
    )
    assert mei.post(SPLITS, body) == mei.get(f"{SPLITS}/{split['id']}") == mei.get(SPLITS)["data"][0] == split
    assert "until" in mei.post(f"{SPLITS}/{split['id']}/remind", status=429)
    eve.get(f"{SPLITS}/{split['id']}", 404)
    bad = body | {"number": "S-2", "how": "exact", "mine": 1}
    assert mei.post(SPLITS, bad, 422)["errors"] == [{"field": "shares", "message": "sum"}]
