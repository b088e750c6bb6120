"""A customer's life over the JSON interface: registered, checked, paying, confirming, freezing, signing in and out."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import httpx
import pyotp
import pytest

from feiqian.money import CNY
from feiqian.testing.people import PASSWORD, PIN, Person, picture
from feiqian.testing.served import Served

LARGE = 450_00  # above what a customer who was checked from afar pays without verification
CHALLENGES = "/v1/me/challenges"


@pytest.fixture
def payer(served: Served, newcomer: Person) -> Person:
    """Registered, checked, and with 1,000.00 yuan."""
    newcomer.register()
    newcomer.post("/v1/me/identity", {"images": [base64.b64encode(picture()).decode()]})
    accounts = served.bank.services.accounts
    served.wait_for(accounts.adjust(newcomer.number, CNY.number, 1_000_00, f"gift-{newcomer.number}"))
    return newcomer


def pay(shop: httpx.Client, served: Served, person: Person, amount: int) -> dict[str, Any]:
    code = person.get("/v1/me/code")["digits"]
    body = served.order(1, payment_code=code, amount=amount)
    answer = shop.post("/v1/payments", json=body)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def confirm(person: Person, payment: str, *factors: tuple[str, str]) -> dict[str, Any]:
    path = f"/v1/me/confirmations/{payment}"
    challenge = person.prove(CHALLENGES, person.post(f"{path}/challenge"), *factors)
    return person.post(f"{path}/confirm", {"challenge": challenge["id"]})


def test_a_newcomer_pays_nothing_before_the_identity_is_checked(
    served: Served, shop: httpx.Client, newcomer: Person
) -> None:
    me = newcomer.register()
    assert me["level"] == "unverified"
    assert me["wallets"] == []
    declined = pay(shop, served, newcomer, 1_00)
    assert (declined["status"], declined["reason"]) == ("declined", "identity_not_verified")


def test_a_document_that_the_rules_refuse_is_refused_with_the_reason_when_it_is_sent(newcomer: Person) -> None:
    began = newcomer.post("/v1/me/registrations", {"mobile": newcomer.mobile})
    challenge = newcomer.confirmed(began["challenge"])
    newcomer.post(f"/v1/me/registrations/{challenge['id']}/confirm", {"application": began["application"]})
    who = {"name": "Wang Xiaoming", "document": "cn_id", "password": PASSWORD, "pin": PIN}
    finish = f"/v1/me/applications/{began['application']}/finish"
    born = {"number": newcomer.document, "birth": "1990-03-08"}
    refused = newcomer.api.post(finish, json=who | born)
    assert (refused.status_code, refused.json()["errors"]) == (422, [{"field": "", "message": "birth_differs"}])
    newcomer.take(newcomer.post(finish, who | {"number": newcomer.document}))


def test_a_customer_who_was_checked_pays_by_code(served: Served, shop: httpx.Client, payer: Person) -> None:
    assert payer.get("/v1/me")["level"] == "remote"
    assert pay(shop, served, payer, 12_50)["status"] == "succeeded"
    assert payer.get("/v1/me")["wallets"] == [{"currency": "CNY", "balance": 987_50}]
    newest = payer.get("/v1/me/payments")["data"][0]
    assert (newest["status"], newest["amount"], newest["currency"]) == ("succeeded", 12_50, "CNY")


def test_a_revoked_device_s_code_pays_nothing_and_no_other_is_shown_until_there_is_a_new_device(
    served: Served, shop: httpx.Client, payer: Person
) -> None:
    issuing, now = served.bank.services.customers.issuing, served.bank.services.clock.now()
    shown = payer.get("/v1/me/code")["digits"]
    assert issuing.revoke(issuing.device_of(payer.number), now)
    told = shop.post("/v1/payments", json=served.order(1, payment_code=shown)).json()
    assert (told["status"], told["reason"]) == ("declined", "code_invalid")
    refused = payer.get("/v1/me/code", 409)
    assert refused["type"] == "/problems/conflict"
    issuing.add(payer.number, now)
    assert pay(shop, served, payer, 1_00)["status"] == "succeeded"


def test_a_large_payment_waits_says_what_it_is_and_is_confirmed_with_the_pin(
    served: Served, shop: httpx.Client, payer: Person
) -> None:
    waiting = pay(shop, served, payer, LARGE)
    assert waiting["status"] == "needs_verification"
    listed = payer.get("/v1/me/confirmations")["data"]
    assert [(one["id"], one["amount"], one["paid_before"]) for one in listed] == [(waiting["id"], LARGE, None)]
    challenge = payer.post(f"/v1/me/confirmations/{waiting['id']}/challenge")
    assert "450.00" in challenge["text"]
    assert listed[0]["merchant"] in challenge["text"]
    assert confirm(payer, waiting["id"], ("pin", PIN))["status"] == "succeeded"
    assert shop.get(f"/v1/payments/{waiting['id']}").json()["status"] == "succeeded"
    assert payer.get("/v1/me/confirmations")["data"] == []
    again = pay(shop, served, payer, LARGE)
    [listed] = payer.get("/v1/me/confirmations")["data"]
    assert (listed["id"], listed["paid_before"] is not None) == (again["id"], True), "the same again, minutes later"


def test_a_payment_that_was_refused_is_declined_for_the_till(served: Served, shop: httpx.Client, payer: Person) -> None:
    waiting = pay(shop, served, payer, LARGE)
    assert payer.post(f"/v1/me/confirmations/{waiting['id']}/refuse")["status"] == "declined"
    told = shop.get(f"/v1/payments/{waiting['id']}").json()
    assert (told["status"], told["reason"]) == ("declined", "refused_by_customer")


def test_abuse_37_a_challenge_of_one_payment_confirms_no_other_and_none_twice(
    served: Served, shop: httpx.Client, payer: Person
) -> None:
    first, second = (pay(shop, served, payer, LARGE) for _ in range(2))
    path = "/v1/me/confirmations"
    challenge = payer.prove(CHALLENGES, payer.post(f"{path}/{first['id']}/challenge"), ("pin", PIN))
    refused = payer.post(f"{path}/{second['id']}/confirm", {"challenge": challenge["id"]}, status=403)
    assert refused["type"] == "/problems/challenge-not-passed"
    again = payer.post(f"{path}/{first['id']}/confirm", {"challenge": challenge["id"]}, status=409)
    assert again["type"] == "/problems/challenge-over"  # what was tried elsewhere is void
    assert {shop.get(f"/v1/payments/{one['id']}").json()["status"] for one in (first, second)} == {"needs_verification"}


def test_abuse_28_anothers_payment_and_challenge_are_not_there(
    served: Served, shop: httpx.Client, payer: Person, places: Iterator[int]
) -> None:
    waiting = pay(shop, served, payer, LARGE)
    challenge = payer.post(f"/v1/me/confirmations/{waiting['id']}/challenge")
    other = Person(served, next(places))
    other.register()
    for path in ("challenge", "refuse"):
        other.post(f"/v1/me/confirmations/{waiting['id']}/{path}", status=404)
    other.get(f"{CHALLENGES}/{challenge['id']}", status=404)
    other.post(f"{CHALLENGES}/{challenge['id']}/answers", {"factor": "pin", "answer": PIN}, status=404)
    other.api.close()


def test_a_freeze_stops_money_at_once_and_what_waits_with_it(served: Served, shop: httpx.Client, payer: Person) -> None:
    waiting = pay(shop, served, payer, LARGE)
    payer.post("/v1/me/freeze")
    assert payer.get("/v1/me")["frozen"] is True
    ended = shop.get(f"/v1/payments/{waiting['id']}").json()
    assert (ended["status"], ended["reason"]) == ("declined", "wallet_cannot_pay")
    assert "frozen" not in str(ended)
    assert pay(shop, served, payer, 1_00)["reason"] == "wallet_cannot_pay"
    payer.post(f"/v1/me/confirmations/{waiting['id']}/challenge", status=409)
    payer.post("/v1/me/unfreeze", {"challenge": "chl_none"}, status=404)
    began = payer.post(CHALLENGES, {"purpose": "unfreeze"})
    passed = payer.prove(CHALLENGES, began, ("pin", PIN), ("sms", ""))
    payer.post("/v1/me/unfreeze", {"challenge": passed["id"]})
    assert pay(shop, served, payer, 1_00)["status"] == "succeeded"


def test_signing_in_takes_two_factors_and_ends_everywhere_at_once(served: Served, payer: Person) -> None:
    elsewhere = Person(served, 0)
    elsewhere.mobile, elsewhere.document = payer.mobile, payer.document
    challenge = elsewhere.post("/v1/me/sign-ins", {"mobile": payer.mobile, "password": PASSWORD})
    early = elsewhere.post(f"/v1/me/sign-ins/{challenge['id']}/finish", {}, status=403)
    assert early["type"] == "/problems/challenge-not-passed"
    elsewhere.seen = set(payer.seen)
    passed = elsewhere.prove("/v1/me/sign-ins", challenge, ("sms", ""))
    elsewhere.take(elsewhere.post(f"/v1/me/sign-ins/{passed['id']}/finish", {}))
    assert elsewhere.get("/v1/me")["cooling_until"] is not None  # a new device: little can be paid for a while
    payer.post("/v1/me/sign-out-everywhere")
    elsewhere.get("/v1/me", status=401)
    payer.get("/v1/me")
    payer.post("/v1/me/sign-out")
    payer.get("/v1/me", status=401)
    elsewhere.api.close()


def test_abuse_43_a_wrong_password_and_an_unknown_number_look_the_same(served: Served, newcomer: Person) -> None:
    newcomer.register()
    guess = {"password": "not-the-password-77"}
    known = newcomer.api.post("/v1/me/sign-ins", json=guess | {"mobile": newcomer.mobile})
    unknown = newcomer.api.post("/v1/me/sign-ins", json=guess | {"mobile": "+8613899999999"})
    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())
    assert known.status_code == 403


def test_a_token_app_is_enrolled_and_confirms(served: Served, shop: httpx.Client, payer: Person) -> None:
    began = payer.post(CHALLENGES, {"purpose": "add_factor", "kind": "totp"})
    passed = payer.prove(CHALLENGES, began, ("pin", PIN), ("sms", ""))
    enrolment = payer.post("/v1/me/factors/tokens", {"challenge": passed["id"]})
    token = pyotp.parse_uri(enrolment["uri"])
    assert isinstance(token, pyotp.TOTP)
    path = f"/v1/me/factors/tokens/{enrolment['id']}/finish"
    assert payer.post(path, {"code": token.now()})["factor"] == "totp"
    assert "totp" in {factor["factor"] for factor in payer.get("/v1/me/security")["factors"]}
    replayed = payer.prove  # the step that enrolled it is used up
    challenge = payer.post(CHALLENGES, {"purpose": "unfreeze"})
    answer = {"factor": "totp", "answer": token.now()}
    assert replayed(CHALLENGES, challenge, ("pin", PIN))["passed"] == ["pin"]
    payer.post(f"{CHALLENGES}/{challenge['id']}/answers", answer, status=422)


def test_a_weak_password_is_refused_and_says_why(newcomer: Person) -> None:
    began = newcomer.post("/v1/me/registrations", {"mobile": newcomer.mobile})
    challenge = newcomer.confirmed(began["challenge"])
    newcomer.post(f"/v1/me/registrations/{challenge['id']}/confirm", {"application": began["application"]})
    who = {"name": "Wang Xiaoming", "document": "cn_id", "number": newcomer.document, "pin": PIN}
    path = f"/v1/me/applications/{began['application']}/finish"
    weak = newcomer.post(path, who | {"password": "password12345"}, status=422)
    assert weak["type"] == "/problems/secret-too-weak"
    assert weak["errors"]
    newcomer.post(path, who | {"password": PASSWORD, "pin": "111111"}, status=422)
    newcomer.take(newcomer.post(path, who | {"password": PASSWORD}))
    newcomer.get("/v1/me")


def test_a_lost_phone_is_reported_by_identity_details_and_the_answer_is_the_same_for_the_unknown(
    served: Served, payer: Person
) -> None:
    details = {"mobile": payer.mobile, "number": payer.document, "name": "Wang Xiaoming"}
    wrong = (details | {"name": "Li Mei"}, details | {"mobile": "+8613800199999"})
    with httpx.Client(base_url=served.url, timeout=60) as anybody:
        answers = [anybody.post("/v1/me/lost-phones", json=body) for body in wrong]
        assert payer.get("/v1/me")["frozen"] is False
        answers.append(anybody.post("/v1/me/lost-phones", json=details))
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, answers[0].content)}
    served.wait_for(served.bank.services.lost_phones.carry_out())
    assert payer.get("/v1/me")["frozen"] is True
    challenge = payer.prove(CHALLENGES, payer.post(CHALLENGES, {"purpose": "unfreeze"}), ("pin", PIN), ("sms", ""))
    payer.post("/v1/me/unfreeze", {"challenge": challenge["id"]})
    assert payer.get("/v1/me")["frozen"] is False


@pytest.mark.parametrize("field", ["balance", "level", "role", "status", "frozen"])
def test_abuse_29_what_is_not_the_customers_to_say_is_refused(newcomer: Person, field: str) -> None:
    refused = newcomer.post("/v1/me/registrations", {"mobile": newcomer.mobile, field: "full"}, status=422)
    assert refused["errors"][0]["field"] == field


def test_a_stolen_phone_is_reported_frozen_and_has_a_case_with_a_time_line(served: Served, payer: Person) -> None:
    case = payer.post("/v1/me/stolen", {"note": "on the train"})
    assert case["kind"] == "stolen_phone"
    assert case["timeline"][0]["what"] == "opened"
    assert payer.get("/v1/me")["frozen"] is True
    assert [one["id"] for one in payer.get("/v1/me/cases")["data"]] == [case["id"]]


def test_merchants_keys_and_customers_sessions_open_only_their_own_doors(
    served: Served, shop: httpx.Client, newcomer: Person
) -> None:
    newcomer.register()
    assert shop.get("/v1/me").status_code == 401
    newcomer.get("/v1/balance", status=401)
