"""The key file: made once, for its owner only, replaced whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from feiqian.payments.code_keys import SECRET_BYTES, VERSIONS, KeyFile, KeyRing, KeysInvalid


def test_the_file_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "folder" / "code-keys.json")
    ring = file.open()
    assert (tmp_path / "folder" / "code-keys.json").stat().st_mode & 0o777 == 0o600
    assert file.open().secrets() == ring.secrets()
    ring.rotate()
    file.save(ring)
    assert file.open().issuing == ring.issuing
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["code-keys.json"]


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    KeyFile(path).open()
    path.chmod(0o644)
    with pytest.raises(KeysInvalid, match="read by others"):
        KeyFile(path).open()


@pytest.mark.parametrize("content", ["", "{}", '{"issuing":1,"keys":{"0":"00"}}', '{"issuing":0,"keys":{"0":"xy"}}'])
def test_a_damaged_file_is_refused_and_not_replaced(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(KeysInvalid):
        KeyFile(path).open()
    assert path.read_text() == content


def test_versions_go_round_and_the_issuing_one_is_not_retired() -> None:
    ring = KeyRing(VERSIONS - 1, {VERSIONS - 1: bytes(SECRET_BYTES)})
    assert ring.rotate() == 0
    with pytest.raises(KeysInvalid):
        ring.retire(0)
    ring.retire(VERSIONS - 1)
    assert set(ring.secrets()) == {0}


def test_a_ring_takes_up_what_another_process_has_rotated() -> None:
    ring, other = KeyRing(1, {1: bytes(SECRET_BYTES)}), KeyRing(1, {1: bytes(SECRET_BYTES)})
    ring.take(other)
    assert ring.generation == 0
    other.rotate()
    ring.take(other)
    assert (ring.issuing, ring.generation) == (2, 1)
