"""A bank of commit a30ad07 is started by today's version: the old codes hold for a minute, then never again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from feiqian.accounts import opening
from feiqian.money import CNY
from feiqian.payments.code_keys import ACCEPTED_SECONDS
from feiqian.testing.clock import ManualClock
from feiqian.testing.masked_codes import masked_code

OLD = bytes(range(7, 39))


@pytest.fixture
def upgraded(tmp_path: Path, bank: Any) -> Iterator[Any]:
    """The bank at the moment of its first start with the keys that the older version left. `bank` is another one."""
    folder, clock = tmp_path / "old", ManualClock()
    type(bank)(folder, clock).close()
    keys = folder / "code-keys.json"
    keys.write_text(f'{{"issuing":0,"keys":{{"0":"{OLD.hex()}"}}}}')
    keys.chmod(0o600)
    upgraded = type(bank)(folder, clock)
    upgraded.post(opening.bank_accounts(CNY.number))
    yield upgraded
    upgraded.engine.check()
    upgraded.close()


def old_code(bank: Any, customer: int, seconds_ago: int = 0) -> str:
    return masked_code(OLD, 0, customer, bank.clock.now() // 1_000_000 - seconds_ago)


def test_a_code_on_a_phone_outlives_the_upgrade_once_and_the_phone_shows_new_ones(upgraded: Any, run: Any) -> None:
    customer, merchant = upgraded.customer(100_00), upgraded.merchant()
    code = old_code(upgraded, customer, 20)
    assert run(upgraded.pay(merchant, customer, 1_00, code=code)).status == "succeeded"
    assert run(upgraded.pay(merchant, customer, 1_00, code=code)).reason == "code_used"
    new = upgraded.code(customer)
    assert new[:3] == "881"
    assert run(upgraded.pay(merchant, customer, 1_00, code=new)).status == "succeeded"


def test_abuse_46_after_a_minute_no_code_of_the_old_format_is_taken_however_fresh(upgraded: Any, run: Any) -> None:
    customer, merchant = upgraded.customer(100_00), upgraded.merchant()
    upgraded.clock.advance(ACCEPTED_SECONDS - 1)
    assert run(upgraded.pay(merchant, customer, 1_00, code=old_code(upgraded, customer))).status == "succeeded"
    upgraded.clock.advance(1)
    view = run(upgraded.pay(merchant, customer, 1_00, code=old_code(upgraded, customer)))
    assert (view.id, view.reason) == (None, "code_invalid")


def test_abuse_46_neither_a_restart_nor_a_clock_set_back_takes_old_codes_again(upgraded: Any, run: Any) -> None:
    customer, merchant = upgraded.customer(100_00), upgraded.merchant()
    upgraded.clock.advance(ACCEPTED_SECONDS)
    assert run(upgraded.pay(merchant, customer, 1_00)).status == "succeeded"
    upgraded.clock.advance(-10)
    code = old_code(upgraded, customer)
    assert run(upgraded.pay(merchant, customer, 1_00, code=code)).reason == "code_invalid"
    again = upgraded.again()
    try:
        view = run(again.pay(merchant, customer, 1_00, order="after the restart", code=code))
        assert view.reason == "code_invalid"
    finally:
        again.close()
