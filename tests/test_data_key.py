"""The data key belongs to its database: it is made once, and never replaced in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from feiqian.data_key import data_key_of
from feiqian.db import BankDb
from feiqian.field_cipher import DataKeyInvalid


def test_a_key_is_made_for_a_new_bank_and_is_the_same_afterwards(db: BankDb, tmp_path: Path) -> None:
    sealed = data_key_of(db, tmp_path / "data-key").seal(b"passport", "documents/1")
    assert data_key_of(db, tmp_path / "data-key").open(sealed, "documents/1") == b"passport"


def test_a_lost_key_is_refused_and_none_is_made_in_its_place(db: BankDb, tmp_path: Path) -> None:
    data_key_of(db, tmp_path / "data-key")
    (tmp_path / "data-key").unlink()
    with pytest.raises(DataKeyInvalid, match="cannot read"):
        data_key_of(db, tmp_path / "data-key")
    assert not (tmp_path / "data-key").exists()


def test_another_banks_key_is_refused(db: BankDb, tmp_path: Path) -> None:
    data_key_of(db, tmp_path / "data-key")
    (tmp_path / "data-key").write_text("ab" * 32)
    with pytest.raises(DataKeyInvalid, match="is not the key"):
        data_key_of(db, tmp_path / "data-key")
