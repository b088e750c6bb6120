"""For all tests: the native engine is there, or nothing is run; settings of the shell (FEIQIAN_…) reach no test."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ENGINE = Path(__file__).resolve().parents[1] / "src" / "feiqian" / "ledger" / "_engine.so"


def pytest_configure() -> None:
    if not ENGINE.exists():
        pytest.exit("the native engine is not built: run `make engine`, or all tests with `make test`", returncode=4)
    for name in [name for name in os.environ if name.startswith("FEIQIAN_")]:
        del os.environ[name]
