"""Connections of the tests of the server."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from feiqian.merchants.registry import Merchants
from feiqian.testing.served import Served
from feiqian.testing.wires import Wire, connected
from feiqian.web.server.server import GatedProtocol


@pytest.fixture(autouse=True)
def keys_are_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine the thread that asks for revoked keys comes late; then a request waits for it, in a task."""
    monkeypatch.setattr(Merchants, "stale", False)


@pytest.fixture
def connect(served: Served) -> Callable[[], tuple[GatedProtocol, Wire]]:
    """Makes connections; to be called in the server's loop."""
    Wire.all = []
    return lambda: connected(served)
