"""What is sealed is read only with the key and in its place."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from feiqian.field_cipher import DataKeyInvalid, FieldCipher, SealBroken, open_data_key

KEY = bytes(range(32))


def test_what_is_sealed_is_opened_again() -> None:
    sealed = FieldCipher(KEY).seal("身份证".encode(), "documents/1")
    assert FieldCipher(KEY).open(sealed, "documents/1").decode() == "身份证"
    assert "身份证".encode() not in sealed


@pytest.mark.parametrize("at", [0, 1, 13, 20, -1])
def test_a_changed_byte_is_noticed(at: int) -> None:
    sealed = bytearray(FieldCipher(KEY).seal(b"passport", "documents/1"))
    sealed[at] ^= 1
    with pytest.raises(SealBroken):
        FieldCipher(KEY).open(bytes(sealed), "documents/1")


def test_a_sealed_value_cannot_be_moved_or_opened_with_another_key() -> None:
    sealed = FieldCipher(KEY).seal(b"passport", "documents/1")
    with pytest.raises(SealBroken):
        FieldCipher(KEY).open(sealed, "documents/2")
    with pytest.raises(SealBroken):
        FieldCipher(bytes(32)).open(sealed, "documents/1")


def test_the_same_value_is_sealed_differently_and_blinded_alike() -> None:
    cipher = FieldCipher(KEY)
    assert cipher.seal(b"x", "c") != cipher.seal(b"x", "c")
    assert cipher.blind_index("+8613800138000", "mobile") == FieldCipher(KEY).blind_index("+8613800138000", "mobile")
    assert cipher.blind_index("+8613800138000", "mobile") != cipher.blind_index("+8613800138000", "email")
    assert cipher.blind_index("+8613800138000", "mobile") != FieldCipher(bytes(32)).blind_index(
        "+8613800138000", "mobile"
    )


def test_the_key_file_is_its_owners_alone_and_never_made_anew_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "bank" / "data-key"
    sealed = open_data_key(path, create=True).seal(b"x", "c")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert open_data_key(path, create=True).open(sealed, "c") == b"x"
    path.unlink()
    with pytest.raises(DataKeyInvalid, match="cannot read"):
        open_data_key(path, create=False)


@pytest.mark.parametrize("text", ["", "zz", "00" * 31])
def test_a_wrong_key_file_is_refused_without_being_shown(tmp_path: Path, text: str) -> None:
    (tmp_path / "data-key").write_text(text)
    with pytest.raises(DataKeyInvalid):
        open_data_key(tmp_path / "data-key", create=False)
