"""For all tests: the native engine is there, or nothing is run; settings of the shell (FEIQIAN_…) reach no test."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, MutableMapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import structlog

from feiqian.db import BankDb
from feiqian.runtime import alarms, network
from feiqian.testing.empty_bank import empty_bank
from feiqian.testing.postgres import Postgres
from feiqian.testing.served import Served

ENGINE = Path(__file__).resolve().parents[1] / "src" / "feiqian" / "ledger" / "_engine.so"


def pytest_configure() -> None:
    if not ENGINE.exists():
        pytest.exit("the native engine is not built: run `make engine`, or all tests with `make test`", returncode=4)
    for name in [name for name in os.environ if name.startswith("FEIQIAN_")]:
        del os.environ[name]


@pytest.fixture
def alarms_told(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[MutableMapping[str, Any]]]:
    """What is logged from here on, alarms among it, whatever another test has set up for logs."""
    monkeypatch.setattr(alarms, "_log", structlog.get_logger())
    with structlog.testing.capture_logs() as told:
        yield told


@pytest.fixture(scope="session")
def _postgres_of_the_run() -> Iterator[Postgres]:
    with Postgres() as server:
        yield server


@pytest.fixture
def postgres(_postgres_of_the_run: Postgres) -> Iterator[Postgres]:
    """A server that tests share, so none may stop it; the databases that a test makes go with the test."""
    yield _postgres_of_the_run
    with psycopg.connect(_postgres_of_the_run.url("postgres"), autocommit=True) as connection:
        made = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'test%'").fetchall()
        for (name,) in made:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def db(tmp_path: Path) -> Iterator[BankDb]:
    """An empty database of a bank, in the test's folder."""
    with closing(empty_bank(tmp_path)) as db:
        yield db


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """An empty PostgreSQL's, or "" for SQLite in a folder: a test that takes it runs once on each database."""
    return request.getfixturevalue("postgres").database() if request.param == "postgres" else ""


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """SQLite in a folder (""), or for a test that is marked with `ON_BOTH` once an empty PostgreSQL's address."""
    asked = getattr(request, "param", "sqlite")
    return request.getfixturevalue("postgres").database() if asked == "postgres" else ""


@pytest.fixture(scope="module")
def paged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A bank with pages, in a server of its own."""
    bank = Served(tmp_path_factory.mktemp("paged"), pages=True)
    yield bank
    bank.stop()


@contextmanager
def logs_as_before() -> Iterator[None]:
    """What is set up for logs meanwhile ends with it: a stream that pytest captures is closed then."""
    root, config = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**config)


@pytest.fixture(autouse=True, scope="module")
def _logs_of_a_module() -> Iterator[None]:
    """What its fixtures set up, a level for example, is not that of the module after it."""
    with logs_as_before():
        yield


@pytest.fixture(autouse=True)
def _logs_of_a_test() -> Iterator[None]:
    with logs_as_before():
        yield


@pytest.fixture(autouse=True)
def _unknown_network() -> Iterator[None]:
    """No test asks from the network that another test asked from."""
    token = network.client.set(network.UNKNOWN)
    yield
    network.client.reset(token)
