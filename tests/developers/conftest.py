"""A served bank, and a merchant's receiver of webhooks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from receiving import Receiver
from shop_people import Bank


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    bank = Bank(tmp_path_factory.mktemp("bank"))
    yield bank
    bank.stop()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()
