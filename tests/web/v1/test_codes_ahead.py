"""An app of the bank's fetches codes ahead, and asks what it has scanned."""

from __future__ import annotations

from datetime import datetime

import httpx

from feiqian.testing.people import Person
from feiqian.testing.served import Served
from tests.web.v1.test_me import payer as payer


def test_an_app_shows_a_code_that_it_fetched_until_its_phone_is_signed_out(
    served: Served, shop: httpx.Client, payer: Person
) -> None:
    told = payer.post("/v1/me/codes-ahead")
    assert len(told["codes"]) == 60
    first, second, *_ = told["codes"]
    begins, now, ends = map(datetime.fromisoformat, (first["begins_at"], told["now"], first["ends_at"]))
    assert begins <= now < ends
    paid = shop.post("/v1/payments", json=served.order(1, payment_code=first["digits"], amount=1_00)).json()
    assert paid["status"] == "succeeded"
    assert payer.post("/v1/me/codes-ahead")["codes"][0]["digits"] in ("", second["digits"])
    payer.post("/v1/me/sign-out")
    refused = shop.post("/v1/payments", json=served.order(1, payment_code=second["digits"], amount=1_00)).json()
    assert (refused["status"], refused["reason"]) == ("declined", "code_invalid")


def test_abuse_49_an_app_is_told_why_a_scanned_text_means_nothing(payer: Person) -> None:
    for text, reason in (
        ("https://evil.example/", "foreign"),
        ("88012345678901234567", "payment_code"),
        ("x", "nothing"),
    ):
        refused = payer.post("/v1/me/scans", {"text": text}, status=422)
        assert refused["errors"] == [{"field": "text", "message": reason}]
