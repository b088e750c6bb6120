"""A read model in SQLite is synchronised now and then, so that the disk never gets all of some seconds at once."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from feiqian.projections import database
from feiqian.projections.database import open_database

NORMAL, FULL = 1, 2


@pytest.mark.parametrize(("seconds", "levels"), [(60.0, [FULL, NORMAL, NORMAL]), (0.0, [FULL, FULL, FULL])])
def test_a_transaction_is_synchronised_if_none_was_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float, levels: list[int]
) -> None:
    monkeypatch.setattr(database, "SYNCHRONISE_SECONDS", seconds)
    with closing(open_database(tmp_path / "read.db")) as db:
        seen = []
        for _ in levels:
            with db.transaction():
                seen.append(db.one("PRAGMA synchronous"))
    assert seen == [(level,) for level in levels]


def test_after_one_that_was_taken_back_the_next_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "SYNCHRONISE_SECONDS", 60.0)
    with closing(open_database(tmp_path / "read.db")) as db:
        with pytest.raises(ValueError, match="taken back"), db.transaction():
            raise ValueError("taken back")
        with db.transaction():
            assert db.one("PRAGMA synchronous") == (FULL,)
