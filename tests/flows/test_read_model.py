"""A served bank whose read model is poisoned, deleted or damaged meanwhile: payments go on, lists come back whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from feiqian.accounts.kinds import AccountKind, AccountTransferKind
from feiqian.ledger import chart
from feiqian.ledger.chart import BANK, account_id
from feiqian.ledger.engine import EVENT, Type
from feiqian.merchants.kinds import MerchantAccountKind
from feiqian.money import CNY
from feiqian.testing.served import Served


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    bank = Served(tmp_path / "bank")
    yield bank
    bank.stop()


@pytest.fixture
def shop(served: Served) -> Iterator[httpx.Client]:
    with served.client() as client:
        yield client


def listed(shop: httpx.Client) -> set[str]:
    """The shop's payments, once the list is told; whoever asks before that is told when to come again."""
    for _ in range(100):
        answer = shop.get("/v1/payments", params={"limit": 100})
        if answer.status_code == 200:
            assert "incomplete" not in answer.json()
            return {payment["id"] for payment in answer.json()["data"]}
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    raise AssertionError("the list did not come back")


def paid(served: Served, shop: httpx.Client) -> str:
    answer = shop.post("/v1/payments", json=served.order())
    assert (answer.status_code, answer.json()["status"]) == (200, "succeeded")
    return str(answer.json()["id"])


def correct(served: Served, customer: int, amount: int) -> None:
    """What two members of staff could do before corrections were bounded."""
    wallet, cash = account_id(AccountKind.CUSTOMER_WALLET, CNY.number, customer), AccountKind.BANK_CASH
    sides = account_id(cash, CNY.number, BANK), wallet
    id = chart.derived_id(b"correction", customer.to_bytes(8, "big"))
    events = EVENT.pack(Type.TRANSFER, 0, AccountTransferKind.CORRECTION, 0, amount, id, *sides, bytes(16))
    assert served.inside(lambda: served.bank.services.ledger.post(events)).refusal == 0


def test_abuse_85_a_wallet_corrected_beyond_all_sums_stops_nobody(served: Served, shop: httpx.Client) -> None:
    before, rich = paid(served, shop), served.customer()
    correct(served, rich, 2**63 - 1)
    after = paid(served, shop)
    assert listed(shop) == {before, after}
    refund = shop.post(f"/v1/payments/{before}/refunds", json={"merchant_refund": "r1", "amount": 1})
    assert (refund.status_code, refund.json()["status"]) == (200, "succeeded")
    own = shop.post("/v1/payments", json=served.order(rich)).json()
    assert own["status"] == "succeeded"
    assert listed(shop) == {before, after, own["id"]}
    reads = served.bank.services.reads
    assert served.wait_for(reads.customer_incomplete(rich))
    assert served.wait_for(reads.set_aside()) == 1


def test_abuse_85_a_shop_whose_record_was_set_aside_is_told_so(served: Served, shop: httpx.Client) -> None:
    number = served.merchants[0].number
    payable = account_id(MerchantAccountKind.PAYABLE, CNY.number, number)
    cash = account_id(AccountKind.BANK_CASH, CNY.number, BANK)
    fill = EVENT.pack(Type.TRANSFER, 0, 0, 0, 2**63 - 1001, chart.derived_id(b"fill"), cash, payable, bytes(16))
    assert served.inside(lambda: served.bank.services.ledger.post(fill)).refusal == 0
    lost = paid(served, shop)
    page = shop.get("/v1/payments").json()
    assert (page["data"], page["incomplete"]) == ([], True)
    assert shop.get("/v1/balance").json()["incomplete"]
    for answer in (
        shop.get(f"/v1/payments/{lost}"),
        shop.post(f"/v1/payments/{lost}/refunds", json={"merchant_refund": "r1", "amount": 1}),
    ):
        assert answer.status_code == 503
        assert answer.json()["type"] == "/problems/record-incomplete"
        assert answer.headers["retry-after"] == "60"
    with served.client(1) as other:
        own = paid(served, other)
        assert listed(other) == {own}


def delete(path: Path) -> None:
    path.unlink()


def damage(path: Path) -> None:
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.write(bytes(size))


@pytest.mark.parametrize("harm", [delete, damage])
def test_abuse_86_lists_come_back_while_payments_go_on(
    served: Served, shop: httpx.Client, harm: Callable[[Path], None]
) -> None:
    payments = {paid(served, shop) for _ in range(5)}
    assert listed(shop) == payments
    for _ in range(2):
        harm(Path(served.settings.read_location))
        payments.add(paid(served, shop))
        assert listed(shop) == payments
        assert shop.get("/healthz").json()["status"] == "ok"
