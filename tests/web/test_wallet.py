"""The wallet: whose it is, what it shows in each state, and who is led to the sign-in page."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from fakes import ALICE, CODE, LUNCH_FACT, StillBank, row_of
from litestar.testing import TestClient

from feiqian.events import PaymentDecided, PaymentStatus, encode_fact
from feiqian.money import CNY
from feiqian.payments.pages import live
from feiqian.payments.pages.wallet import _state
from feiqian.payments.read_model.rows import CorrectionRow
from feiqian.subjects import customer, staff
from feiqian.web.session import own_path
from feiqian.web.site import Site

PEOPLE = {"Accept": "text/html"}


def test_the_wallet_shows_balance_code_and_payments(alice: TestClient) -> None:
    text = alice.get("/wallet/pay").text
    assert "¥1,234.50" in text
    assert "8801 2345 6789 0123 4567" in text
    assert "¥12.00 refunded" in text
    assert "not enough money" in text


def test_the_wallet_says_what_is_left_of_today_and_what_is_paid_without_the_pin(alice: TestClient, site: Site) -> None:
    text = alice.get("/wallet/pay").text
    for said in (
        "Left to pay today",
        "¥1,850.00",
        "of ¥2,000.00 a day",
        "Without your PIN, up to",
        "¥300.00",
        "Above that, you confirm",
    ):
        assert said in text
    site.services.payments.limits = site.services.payments.limits._replace(unverified=0)
    assert "You confirm each payment" in alice.get("/wallet/pay").text
    site.services.payments.limits = None
    assert 'class="limits"' not in alice.get("/wallet/pay").text


def test_a_new_code_comes_with_its_pictures(alice: TestClient) -> None:
    code = alice.get("/wallet/code").json()
    assert code["digits"] == CODE
    assert code["qr"]["path"].startswith("M")
    assert code["bars"]["width"] > code["bars"]["height"]


@pytest.mark.parametrize(
    ("so", "said", "place"),
    [
        ({"frozen_by": customer(1)}, "Your wallet is frozen", "/security"),
        ({"frozen_by": staff(1)}, "The bank has stopped payments", "/security"),
        ({"device": 0}, "Your payment codes are stopped", "/security"),
        ({"level": 0}, "Prove who I am", "/identity"),
    ],
)
def test_a_wallet_that_cannot_pay_shows_no_code(
    alice: TestClient, still: StillBank, so: dict[str, object], said: str, place: str
) -> None:
    vars(still).update(so)
    text = alice.get("/wallet/pay").text
    assert said in text
    assert f'<a class="button wide" href="{place}">' in text
    assert CODE[:4] not in text
    assert alice.get("/wallet/code").status_code == 404


def test_what_waits_for_the_customer_comes_first(alice: TestClient, still: StillBank) -> None:
    waits = {"id": "pay_9", "amount": 3_000_00, "description": "A table", "status": PaymentStatus.WAITING}
    still.waits = [row_of(msgspec.structs.replace(LUNCH_FACT, **waits))]
    text = alice.get("/wallet/pay").text
    assert 'href="/confirm/pay_9"' in text
    assert "Confirm ¥3,000.00?" in text
    assert "Corner &lt;Café&gt; · A table" in text
    assert text.index("pay_9") < text.index("pass-balance")


def test_low_limits_are_told_while_they_hold(alice: TestClient, still: StillBank) -> None:
    still.cooling_until = 1_800_003_600_000_000
    assert "Lower limits hold until today, 17:00" in alice.get("/wallet/pay").text


def test_whoever_is_signed_out_is_led_to_the_sign_in_page(client: TestClient) -> None:
    answer = client.get("/wallet?a=1&b=2", headers=PEOPLE, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/wallet%3Fa%3D1%26b%3D2")
    assert answer.headers["content-security-policy"]


def test_a_script_is_told_that_nobody_is_signed_in(client: TestClient) -> None:
    answer = client.get("/wallet/code")
    assert answer.status_code == 401
    assert answer.json() == {"problem": "Sign in first"}


@pytest.mark.parametrize("token", ["", "nonsense", "token-77"])
def test_an_unknown_token_is_nobody(client: TestClient, site: Site, token: str) -> None:
    client.cookies.set(site.cookies.session, token)
    assert client.get("/wallet/code").status_code == 401


def test_a_session_of_staff_is_no_customers(client: TestClient, site: Site) -> None:
    client.cookies.set(site.cookies.session, site.services.sessions.sign_in(subject=staff(1)))
    assert client.get("/wallet/code").status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "",
        "wallet",
        "/a\nb",
        "/" + "a" * 600,
        "/a\\b",
        "/ä",
    ],
)
def test_only_paths_of_our_own_are_led_back_to(path: str) -> None:
    assert own_path(path) == "/wallet"
    assert own_path("/confirm/pay_1?x=1") == "/confirm/pay_1?x=1"


def test_a_wallet_that_lies_open_does_not_keep_its_session_awake(alice: TestClient, site: Site) -> None:
    alice.get("/wallet/code")
    assert site.services.sessions.used == []
    alice.get("/wallet/pay")
    assert site.services.sessions.used == ["token-0"]


def test_a_stream_ends_with_its_session(site: Site) -> None:
    class Ended:
        """A request whose session has ended since."""

        def __init__(self) -> None:
            self.app = type("App", (), {"state": type("State", (), {"site": site})})
            self.cookies = {site.cookies.session: "token-gone"}

    async def run() -> None:
        events = live.events(site, ALICE.number, site.hub.watch(("customer", 1)), _state, Ended())  # type: ignore[arg-type]
        await anext(events)
        fact = PaymentDecided("pay_1", bytes(16), "succeeded", None, 1, 1, 100, 156, 0, "1", "", "", "", 1)
        site.hub.on_rows(3, [encode_fact(fact)])
        assert [said async for said in events] == [b"event: ended\ndata: {}\n\n"]
        assert site.hub.places.total == 0

    asyncio.run(run())


def test_abuse_85_a_list_that_lacks_something_says_so(alice: TestClient, still: StillBank) -> None:
    said = "Something is missing in this list"
    for page in ("/wallet/pay", "/wallet", "/till/mer_cafe", "/bank"):
        still.lacking = False
        assert said not in alice.get(page).text
        still.lacking = True
        assert said in alice.get(page).text


def test_a_correction_by_the_bank_is_a_line_with_its_reference(alice: TestClient, still: StillBank) -> None:
    still.corrections = [CorrectionRow(bytes.fromhex("ab" * 16), -30_00, CNY.number, 10**15, 1)]
    text = alice.get("/wallet/pay").text
    for words in ("Correction by the bank", "Reference ", "−¥30.00"):
        assert words in text
