"""Over the JSON interface: what strangers and guessers do at one place stops nobody elsewhere."""

from __future__ import annotations

import base64

import httpx
import pytest

from feiqian.money import CNY
from feiqian.payments.guesses import FREE
from feiqian.testing.people import PASSWORD, PIN, Person, picture
from feiqian.testing.served import Served


@pytest.fixture
def payer(served: Served) -> Person:
    """Registered, checked, and with 1,000.00 yuan."""
    person = Person(served, 1)
    person.register()
    person.post("/v1/me/identity", {"images": [base64.b64encode(picture()).decode()]})
    accounts = served.bank.services.accounts
    served.wait_for(accounts.adjust(person.number, CNY.number, 1_000_00, "gift"))
    return person


def test_abuse_75_a_strangers_wrong_passwords_keep_nobody_from_confirming(
    served: Served, shop: httpx.Client, payer: Person
) -> None:
    wrong = {"mobile": payer.mobile, "password": "not-the-password-77"}
    with httpx.Client(base_url=served.url, timeout=60) as stranger:
        statuses = [stranger.post("/v1/me/sign-ins", json=wrong).status_code for _ in range(6)]
        assert statuses[-1] == 423
        right = wrong | {"password": PASSWORD}
        assert stranger.post("/v1/me/sign-ins", json=right).status_code == 423
        known = right | {"device_token": payer.device_token}
        assert stranger.post("/v1/me/sign-ins", json=known).status_code == 200
    body = served.order(1, payment_code=payer.get("/v1/me/code")["digits"], amount=450_00)
    payment = shop.post("/v1/payments", json=body).json()
    assert payment["status"] == "needs_verification"
    path = f"/v1/me/confirmations/{payment['id']}"
    challenge = payer.prove("/v1/me/challenges", payer.post(f"{path}/challenge"), ("pin", PIN))
    assert payer.post(f"{path}/confirm", {"challenge": challenge["id"]})["status"] == "succeeded"


def test_abuse_74_wrong_codes_at_one_till_leave_the_other_tills_alone(served: Served, shop: httpx.Client) -> None:
    def pay(terminal: str, **more: str) -> str:
        body = served.order(terminal=terminal, **more)
        answer = shop.post("/v1/payments", json=body).json()
        return str(answer.get("reason") or answer["status"])

    assert [pay(terminal) for terminal in ("t1", "t2")] == ["succeeded"] * 2
    invented = [pay("t1", payment_code=f"880{guess:017d}") for guess in range(FREE + 6)]
    assert invented[:30] == ["code_invalid"] * 30
    assert pay("t1") == "too_many_wrong_codes"
    assert pay("t2") == "succeeded"
