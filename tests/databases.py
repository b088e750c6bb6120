"""Tests whose bank has its own database in PostgreSQL, too: `@ON_BOTH`, where the bank is made with `database`."""

from __future__ import annotations

import pytest

ON_BOTH = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
