"""The page of limits, as a browser without scripts has it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from feiqian.clock import DEFAULT_ZONE
from feiqian.testing.served import Served
from feiqian.web.cookies import OFFSET
from tests.deposits.holder_pages import PageHolder


@pytest.fixture(scope="module")
def paged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    bank = Served(tmp_path_factory.mktemp("limits"), pages=True, zone=DEFAULT_ZONE)
    yield bank
    bank.stop()


@pytest.fixture(scope="module")
def holder(paged: Served) -> Iterator[PageHolder]:
    holder = PageHolder(paged, 300)
    yield holder
    holder.close()


def test_the_moment_of_reset_is_in_the_zone_of_whoever_looks(holder: PageHolder) -> None:
    """The bank's days begin at midnight in Shanghai."""
    for offset, reset in (("", "00:00"), ("480", "00:00"), ("0", "16:00 (UTC+0)"), ("-210", "12:30 (UTC−3:30)")):
        holder.browser.cookies.set(OFFSET, offset)
        resets = re.findall(r"fresh\s+again:?\s+([^<·]+)", holder.page("/limits"))
        assert resets
        assert all(said.strip().endswith(reset) for said in resets), resets


def test_limits_of_every_currency_are_seen_where_they_are_set(holder: PageHolder) -> None:
    day = {"currency": "EUR", "scope": "all", "period": "day"}
    holder.post("/v1/me/limits/lower", day | {"amount": 50_00})
    limits = holder.get("/v1/me/limits")["limits"]
    (set_one,) = [one for one in limits if one["own"] is not None]
    assert (set_one["currency"], set_one["scope"], set_one["amount"]) == ("EUR", "all", 50_00)
    page = holder.page("/limits")
    assert "Limits in EUR" in page
    assert "up to €50.00" in page
    assert "€300.00" in holder.page("/limits/EUR/all/day"), "what the bank allows"
