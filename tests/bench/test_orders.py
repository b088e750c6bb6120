"""The benchmark of orders pays each order what it is of, and once."""

from __future__ import annotations

import json

from feiqian.bench.orders import _lines


def test_each_order_has_a_payment_of_its_amount() -> None:
    bodies = [f'{{"payment_code":"28{n}","amount":{n},"currency":"CNY","merchant_order":"7-{n}"}}' for n in (1, 2)]
    [first, second] = [line.rstrip("\n").split("\t") for line in _lines(iter([("key", body) for body in bodies]))]
    assert (first[0], first[1], first[3]) == ("key", "7-1", bodies[0])
    assert json.loads(first[2]) == {"merchant_order": "7-1", "amount": 1, "currency": "CNY"}
    assert second[1] == "7-2"
