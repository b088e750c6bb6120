"""The server is killed while orders are made and paid: none is paid twice, none is paid and told open, all ties."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import threading
from dataclasses import dataclass, field
from typing import Any

from served_bank import ServedBank, until

KILLS = max(1, int(os.environ.get("KILLS") or 30) // 10)
SEED = int(os.environ.get("SEED") or 20261127)
SHOPS, AMOUNT = 3, 12_50


@dataclass
class Sale:
    """An order and the attempts to pay it, by the numbers under which a shop would ask again."""

    number: str
    payers: list[int]
    order: str = ""
    said: dict[str, str] = field(default_factory=dict)  # what the payment was told to be, by the attempt's number
    codes: dict[str, str] = field(default_factory=dict)


class Shop:
    """Makes orders, and takes one or two payments for each at once, until the server is gone."""

    def __init__(self, bank: ServedBank, name: str, first_payer: int, seed: int) -> None:
        self.bank, self.name, self.payer, self.dice = bank, name, first_payer, random.Random(seed)
        self.merchant = bank.merchants[0]
        self.sales: list[Sale] = []
        self.answers = 0
        self.thread = threading.Thread(target=self._work)

    def _work(self) -> None:
        try:
            while True:
                payers = [self.payer + 1, self.payer + 2][: self.dice.randint(1, 2)]
                self.payer += 2
                sale = Sale(f"{self.name}-{len(self.sales)}", payers)
                self.sales.append(sale)
                self.sell(sale)
        except (OSError, http.client.HTTPException):
            return  # the server is gone

    def sell(self, sale: Sale) -> None:
        """Each step as often as it takes: what was answered before is answered so again."""
        wanted = {"merchant_order": sale.number, "amount": AMOUNT, "currency": "CNY"}
        order = self.post("/v1/orders", wanted)
        assert sale.order in ("", order["id"])
        sale.order = order["id"]
        for payer in sale.payers:
            number = f"{sale.number}-{payer}"
            code = sale.codes.setdefault(number, self.bank.code(payer))
            asked = {**wanted, "merchant_order": number, "payment_code": code, "order": sale.order}
            status = self.post("/v1/payments", asked)["status"]
            assert sale.said.get(number, status) == status, "another answer than before"
            sale.said[number] = status

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        status, answer = self.bank.request(self.bank.connect(), "POST", path, self.merchant, json.dumps(body).encode())
        assert status == 200, answer
        self.answers += 1
        told: dict[str, Any] = json.loads(answer)
        return told


def test_abuse_103_a_server_killed_while_orders_are_paid_pays_none_twice(bank: ServedBank) -> None:
    dice, sales, payer = random.Random(SEED), list[Sale](), 0
    bank.start()
    for kill in range(KILLS):
        shops = [Shop(bank, f"k{kill}-{n}", payer + 300 * n, dice.randrange(10**6)) for n in range(SHOPS)]
        payer += 300 * SHOPS
        for shop in shops:
            shop.thread.start()
        wanted = dice.randrange(20, 150)
        until(lambda shops=shops, wanted=wanted: sum(shop.answers for shop in shops) >= wanted)  # type: ignore[misc]
        bank.kill()
        for shop in shops:
            shop.thread.join()
        bank.start()
        for shop in shops:
            shop.sell(shop.sales[-1])  # which was under way
            sales += shop.sales
    every_order_is_as_it_was_told(bank, sales)
    assert bank.kill(signal.SIGTERM) == 0
    assert bank.command("project").wait(60) == 0
    assert bank.command("audit").wait(60) == 0, "feiqian audit has findings"


def every_order_is_as_it_was_told(bank: ServedBank, sales: list[Sale]) -> None:
    net = 0
    for sale in sales:
        order = bank.ask(f"/v1/orders/{sale.order}", bank.merchants[0])
        paid = [number for number, status in sale.said.items() if status == "succeeded"]
        assert (order["status"], order["paid"], len(paid)) == ("paid", AMOUNT, 1), (sale, order)
        won = [one for one in order["attempts"] if one["status"] == "succeeded"]
        assert [one["payment"] for one in won] == [order["payment"]] == [order["taken"][0]["payment"]]
        net += order["net"]
    assert bank.ask("/v1/balance", bank.merchants[0])["balance"] == net
