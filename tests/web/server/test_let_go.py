"""What a request and its connection held is freed when they end, without the garbage collector."""

from __future__ import annotations

import gc

from feiqian.testing.raw import raw, statuses
from feiqian.testing.served import Served
from feiqian.web.server.server import Exchange

ASKED = 20
REQUEST = b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"


def exchanges() -> int:
    return sum(type(one) is Exchange for one in gc.get_objects())


def test_abuse_71_requests_that_were_answered_leave_nothing_to_the_garbage_collector(served: Served) -> None:
    gc.collect()
    gc.disable()
    try:
        before = exchanges()
        for _ in range(ASKED):
            assert statuses(raw(served, REQUEST)) == [200]
        assert exchanges() - before <= 2  # the last may not have ended yet
    finally:
        gc.enable()
