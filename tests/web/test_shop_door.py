"""The start page's fourth door: to a shop that runs, where there is one; and what is said if it does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from fakes import from_own_pages, still_demo
from litestar.testing import TestClient

from feiqian.demo.pages import routes
from feiqian.web.application import OWN, application
from feiqian.web.site import Site


@pytest.mark.parametrize(("possible", "runs", "status"), [(True, True, 303), (True, False, 503), (False, True, 404)])
def test_it_leads_to_the_shop_or_says_why_not(site: Site, possible: bool, runs: bool, status: int) -> None:
    demo = still_demo(site.services)
    shop: Any = demo.example_shop
    shop.possible, shop.runs = possible, runs
    app = application(site, [*OWN, *routes(replace(demo, example_shop=shop))], framed=True)
    with TestClient(from_own_pages(app), base_url="http://127.0.0.1:8080") as client:
        assert ("Open the shop" in client.get("/").text) is possible
        answer = client.get("/shop", follow_redirects=False)
        assert answer.status_code == status
        assert (answer.headers.get("location") == "http://localhost:8090") is (status == 303)
        assert ("/var/bank/shop/shop.log" in answer.text) is (status == 503)
