"""A test bank that runs: its payers, its amounts, its clock, its command line, and whose folder it is."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from feiqian import app
from feiqian.cli import main
from feiqian.demo.seeding import Plan, seed
from feiqian.errors import FolderOfAnother
from feiqian.settings import Settings
from feiqian.test_bank.faults import LOST, SLOW
from feiqian.test_bank.making import make_if_empty
from feiqian.test_bank.payers import PAYERS, Payer
from feiqian.test_bank.run import open_bank, settings_of
from feiqian.test_bank.state import BankRefused
from tests.test_bank.conftest import Running
from tests.webhooks.receiving import Answer, Receiver

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| `([a-z-]+)` \| [^|]+ \| ([^|]+) \| ([^|]+) \|$", re.M)
HOUR, DAY = 3_600, 86_400


def test_the_guides_table_says_what_the_code_does() -> None:
    text = (ROOT / "docs/guide/testing.md").read_text()
    written = {name: (payment.strip(), order.strip()) for name, payment, order in ROW.findall(text)}
    assert written == {one.name: (_said(one), f"`{one.order}`") for one in PAYERS}
    assert f"`{LOST}`" in text
    assert f"`{SLOW}`" in text


def _said(payer: Payer) -> str:
    return f"`{payer.status}`, `{payer.reason}`" if payer.reason else f"`{payer.status}`"


@pytest.mark.parametrize("payer", PAYERS, ids=[payer.name for payer in PAYERS])
def test_each_payer_pays_as_the_table_says(bank: Running, payer: Payer) -> None:
    order = bank.order()
    told = bank.pay(order, payer.name)
    last = told["attempts"][-1]
    assert (last["status"], last["reason"] or "") == (payer.status, payer.reason)
    assert told["order"] == bank.now(order)
    assert told["order"]["status"] == payer.order
    if payer.before:
        assert told["attempts"][0]["status"] == "declined"
    if payer.status == "succeeded":
        refund = {"amount": 1_00, "merchant_refund": f"r-{order['merchant_order']}"}
        refunded = bank.post(f"/v1/orders/{order['id']}/refunds", refund)
        assert (refunded["status"], refunded["reason"] or "") == (
            "declined" if payer.refund else "succeeded",
            payer.refund,
        )


def test_who_does_not_answer_lets_the_payment_expire_and_the_order_too(bank: Running) -> None:
    order = bank.order(expires_in=HOUR)
    [attempt] = bank.pay(order, "silent")["attempts"]
    bank.forward(6 * 60)
    assert bank.get(f"/v1/payments/{attempt['id']}")["status"] == "expired"
    assert bank.now(order)["status"] == "open"
    bank.forward(HOUR)
    assert bank.now(order)["status"] == "expired"


def test_money_that_is_held_lapses(bank: Running) -> None:
    order = bank.order(capture="later")
    assert bank.pay(order, "paid")["order"]["status"] == "authorised"
    bank.forward(8 * DAY)
    assert bank.now(order)["status"] == "lapsed"


def test_a_days_limit_is_there_again_the_next_day(bank: Running) -> None:
    bank.forward(DAY)
    assert bank.pay(bank.order(15_00), "limited")["order"]["status"] == "paid"
    [declined] = bank.pay(bank.order(15_00), "limited")["attempts"]
    assert declined["reason"] == "daily_limit"
    bank.forward(DAY)
    assert bank.pay(bank.order(15_00), "limited")["order"]["status"] == "paid"


def test_ten_attempts_of_a_webhook_go_by_at_once(bank: Running) -> None:
    receiver = Receiver()
    try:
        endpoint = bank.post("/v1/webhook-endpoints", {"url": receiver.url, "events": ["order.created"]})
        bank.forward(0)  # its probe is over
        receiver.script = [Answer(503)] * 100
        bank.order()
        bank.forward(4 * DAY)
        [delivery] = bank.get(f"/v1/webhook-endpoints/{endpoint['id']}/deliveries", status="failed")["data"]
        tries = bank.get(f"/v1/webhook-deliveries/{delivery['id']}")["tries"]
        assert len(tries) == delivery["attempts"] == 10
        at = [datetime.fromisoformat(one["at"]) for one in tries]
        assert timedelta(hours=19) < at[-1] - at[-2] <= timedelta(hours=24, minutes=1)
        got = [one for one in receiver.got if one.type == "order.created"]
        assert all(one.signed_by(endpoint["secret"]) for one in got)
        seconds = {int(one.headers["webhook-timestamp"]) for one in got}
        assert max(seconds) - min(seconds) < HOUR  # receivers compare it with their own clocks
    finally:
        receiver.close()
        bank.post(f"/v1/webhook-endpoints/{endpoint['id']}/delete")


def test_a_lost_answer_is_found_and_the_same_request_again_is_answered(bank: Running) -> None:
    body = {"merchant_order": "lost-1", "amount": LOST, "currency": "CNY"}
    lost = bank.shop.post("/v1/orders", json=body)
    assert (lost.status_code, lost.json()["type"]) == (503, "/problems/outcome-unknown")
    [found] = bank.get("/v1/orders", merchant_order="lost-1")["data"]
    assert bank.post("/v1/orders", body) == found
    code = bank.post("/test/payers/paid/code")["payment_code"]
    paid = {"payment_code": code, "amount": LOST, "currency": "CNY", "merchant_order": "lost-2"}
    assert bank.shop.post("/v1/payments", json=paid).status_code == 503
    assert bank.get("/v1/payments", merchant_order="lost-2")["data"][0]["status"] == "succeeded"
    assert bank.post("/v1/payments", paid)["status"] == "succeeded"


def test_a_code_is_paid_with_at_a_till_and_a_phone_confirms_by_itself(bank: Running) -> None:
    code = bank.post("/test/payers/confirms/code")["payment_code"]
    body = {"payment_code": code, "amount": 12_50, "currency": "CNY", "merchant_order": "till-1"}
    asked = bank.post("/v1/payments", body)
    assert asked["status"] == "needs_verification"
    assert bank.get(f"/v1/payments/{asked['id']}", wait=30)["status"] == "succeeded"


def test_what_phones_receive_is_told(bank: Running) -> None:
    page = httpx.get(f"{bank.state.url}/messages")
    assert page.status_code == 200
    assert "data" in bank.get("/test/messages", payer="paid")


def test_the_command_line_does_the_same(bank: Running, capsys: pytest.CaptureFixture[str]) -> None:
    def said(*arguments: str) -> str:
        assert main(["--data", str(bank.folder), "test-bank", *arguments]) == 0
        return capsys.readouterr().out

    order = bank.order()
    assert said("pay", order["id"], "--payer", "poor") == "declined insufficient_funds\norder open\n"
    assert said("pay", order["id"]) == "succeeded\norder paid\n"
    assert said("key") == f"{bank.state.key}\n"
    assert re.fullmatch(r"88\d{18}\n", said("code", "confirms"))
    assert [line.split()[0] for line in said("payers").splitlines()] == [payer.name for payer in PAYERS]
    before = datetime.fromisoformat(bank.get("/test/clock")["now"])
    assert datetime.fromisoformat(said("forward", "2h").strip()) - before >= timedelta(hours=2)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["pay", "ord_nothing"], "the test bank refuses"),
        (["code", "nobody"], "There are these payers"),
        (["forward", "yesterday"], "is no time"),
        (["forward", "-1h"], "is no time"),
    ],
)
def test_the_command_line_says_what_is_wrong(
    bank: Running, arguments: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = arguments if arguments[-1] != "-1h" else ["forward", "--", "-1h"]
    assert main(["--data", str(bank.folder), "test-bank", *shown]) == 1
    assert why in capsys.readouterr().err


def test_without_a_test_bank_the_command_line_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path), "test-bank", "payers"]) == 1
    assert "there is no test bank" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/test/clock", {"forward_seconds": -1}, 422),
        ("/test/clock", {"forward_seconds": 400 * DAY + 1}, 422),
        ("/test/clock", {"to": "2099-01-01T00:00:00Z"}, 422),
        ("/test/clock", {"back": 1}, 422),
        ("/test/orders/ord_nothing/pay", {"payer": "paid"}, 404),
        ("/test/payers/nobody/code", None, 404),
        ("/test/nothing", {}, 404),
    ],
)
def test_abuse_29_what_cannot_be_is_refused(
    bank: Running, path: str, body: dict[str, object] | None, status: int
) -> None:
    assert bank.shop.post(path, json=body).status_code == status


def test_a_time_that_is_past_moves_nothing(bank: Running) -> None:
    before = bank.get("/test/clock")["now"]
    assert bank.post("/test/clock", {"to": "2020-01-01T00:00:00Z"})["now"] >= before


def test_abuse_35_without_the_shops_key_nothing_is_moved_or_paid(bank: Running) -> None:
    order = bank.order()
    headers = {"content-type": "text/plain"}
    for path in ("/test/clock", f"/test/orders/{order['id']}/pay"):
        assert httpx.post(bank.state.url + path, content=b"{}", headers=headers).status_code == 401
    assert bank.now(order)["status"] == "open"
    assert bank.state.key.startswith("fq_test_")


def test_abuse_35_a_served_bank_and_a_test_bank_do_not_open_each_others_folders(tmp_path: Path) -> None:
    theirs, ours = Settings(data=str(tmp_path / "served")), settings_of(Settings(data=str(tmp_path / "test")))
    seed(theirs, Plan(3, 1))
    make_if_empty(ours)
    with pytest.raises(FolderOfAnother, match="a bank that is served, and not of a test bank"):
        open_bank(settings_of(theirs))
    for kind in ("", "another"):
        with pytest.raises(FolderOfAnother, match="that of a test bank, and not of"):
            app.build(ours, kind=kind)
    app.build(theirs).close()  # neither has changed anything, nor keeps a lock
    open_bank(ours)[0].close()


@pytest.mark.parametrize(
    "given",
    [
        {"mode": "live"},
        {"journal_url": "postgresql://bank"},
        {"bank_url": "postgresql://bank"},
        {"sms_url": "smpp://somebody"},
        {"host": "0.0.0.0"},
        {"host": "bank.example"},
    ],
)
def test_abuse_35_a_test_bank_takes_nothing_that_a_real_one_has(given: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(BankRefused):
        settings_of(Settings(data=str(tmp_path / "new"), **given))


def test_after_a_restart_the_time_the_key_and_the_payers_are_as_they_were(bank: Running) -> None:
    before, key = bank.forward(DAY), bank.state.key
    order = bank.order()
    assert bank.stop() == 0
    bank.start()
    assert bank.state.key == key
    assert datetime.fromisoformat(bank.get("/test/clock")["now"]) >= datetime.fromisoformat(before)
    assert bank.pay(order, "paid")["order"]["status"] == "paid"
    assert bank.pay(bank.order(), "frozen")["attempts"][0]["reason"] == "wallet_cannot_pay"
