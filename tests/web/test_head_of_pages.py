"""HEAD is answered wherever a page is, by the real server: the same headers, and no body."""

from __future__ import annotations

import httpx
import pytest

from feiqian.testing.raw import raw, statuses
from feiqian.testing.served import Served
from feiqian.web.assets import url


@pytest.mark.parametrize("path", ["/sign-in", "/", "/wallet", "/none", url("coin.svg"), "/healthz"])
def test_head_of_a_page_is_get_without_the_body(paged: Served, path: str) -> None:
    whole, head = httpx.get(paged.url + path, timeout=60), httpx.head(paged.url + path, timeout=60)
    assert (head.status_code, head.content) == (whole.status_code, b"")
    told = {name: value for name, value in whole.headers.items() if name != "date"}
    assert {name: value for name, value in head.headers.items() if name != "date"} == told


def test_head_and_get_follow_each_other_on_one_connection(paged: Served) -> None:
    asked = b"".join(b"%b /sign-in HTTP/1.1\r\nhost: localhost\r\n\r\n" % method for method in (b"HEAD", b"GET") * 2)
    said = raw(paged, asked + b"HEAD /sign-in HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
    assert statuses(said) == [200] * 5
    assert said.count(b"</html>") == 2


def test_a_target_with_an_authority_is_judged_by_it(paged: Served) -> None:
    request = b"GET http://%b/sign-in HTTP/1.1\r\nhost: %b\r\nconnection: close\r\n\r\n"
    assert statuses(raw(paged, request % (b"localhost", b"evil.example"))) == [200]
    assert statuses(raw(paged, request % (b"evil.example", b"localhost"))) == [403]


def test_options_and_upgrades_of_pages(paged: Served) -> None:
    answer = httpx.options(f"{paged.url}/sign-in")
    assert answer.status_code == 204
    assert "GET" in answer.headers["allow"]
    headers = {"connection": "upgrade", "upgrade": "websocket", "sec-websocket-version": "13"}
    assert httpx.get(f"{paged.url}/sign-in", headers=headers, timeout=60).status_code == 200
