"""A disk that stands still in the midst of a commit: everything that does not wait for that commit is answered."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx

from feiqian.testing.served import Served
from feiqian.testing.stalled import stalled


def test_abuse_71_while_the_disk_stalls_all_else_is_read_refused_and_shown(paged: Served) -> None:
    limit, order = paged.admission.limit, paged.order()
    with paged.client() as shop, httpx.Client(base_url=paged.url) as anybody, ThreadPoolExecutor(1) as till:
        known = shop.post("/v1/payments", json=paged.order()).json()
        with stalled(paged.bank.journal) as begun:
            paying = till.submit(shop.post, "/v1/payments", json=order)
            assert begun.wait(60)
            assert anybody.get("/healthz").status_code == 200
            assert shop.get("/v1/payments").status_code == 200
            assert anybody.get("/sign-in").status_code == 200
            assert shop.post("/v1/payments", json=order | {"amount": -1}).status_code == 422
            assert anybody.post("/v1/payments", json=order).status_code == 401
            paged.admission.limit = 0
            try:
                assert shop.post("/v1/payments", json=paged.order()).status_code == 503
            finally:
                paged.admission.limit = limit
            assert not paying.done()
        paid = paying.result(60).json()
        assert (paid["status"], known["status"]) == ("succeeded", "succeeded")
        assert shop.post("/v1/payments", json=order).json() == paid
