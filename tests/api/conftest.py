"""The bank that the API's tests ask, and merchants' clients of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import structlog

from feiqian.testing.served import Served


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    bank = Served(tmp_path_factory.mktemp("bank"))
    yield bank
    bank.stop()


@pytest.fixture
def shop(served: Served) -> Iterator[httpx.Client]:
    with served.client() as client:
        yield client


@pytest.fixture
def other_shop(served: Served) -> Iterator[httpx.Client]:
    with served.client(1) as client:
        yield client


@pytest.fixture
def logged() -> Iterator[list[dict[str, Any]]]:
    """What is logged through structlog meanwhile."""
    with structlog.testing.capture_logs() as entries:
        yield entries
