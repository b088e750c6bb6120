"""Scanning under /v1, as a customer's app asks for it; every answer is held against the description."""

from __future__ import annotations

from feiqian.testing.served import Served
from tests.deposits.holder_pages import PageHolder


def test_an_app_learns_whose_number_a_merchants_number_is(paged: Served) -> None:
    holder = PageHolder(paged, 861)
    found = holder.get("/v1/me/merchants/1")
    assert holder.get(f"/v1/me/merchants/{found['id']}") == found
    assert (found["number"], found["currency"], found["accepting"]) == (1, "CNY", True)
    assert found["name"]
    for unknown in ("999999", "0", "mer_" + "0" * 32):
        holder.get(f"/v1/me/merchants/{unknown}", 404)
    holder.close()
