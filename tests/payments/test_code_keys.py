"""The key file: made once, for its owner only, replaced whole."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from feiqian.payments.code_keys import (
    ACCEPTED_SECONDS,
    MASKED,
    PERMUTED,
    SECRET_BYTES,
    VERSIONS,
    KeyFile,
    KeyRing,
    KeysInvalid,
)
from feiqian.testing.clock import ManualClock

NOW = 1_800_000_000
HEX = "00" * SECRET_BYTES
DAMAGED = (
    "{}",
    '{"issuing":1,"keys":{"0":"00"}}',
    '{"issuing":1,"keys":{"0":"HEX"}}'.replace("HEX", HEX),
    '{"issuing":0,"keys":{"0":"xy"}}',
    '{"issuing":0,"keys":{"10":"HEX"}}'.replace("HEX", HEX),
    '{"format":2,"issuing":0,"keys":{"0":"HEX"}}'.replace("HEX", HEX),
    '{"format":2,"issuing":0,"keys":{"0":{"secret":"HEX","format":1,"until":null}}}'.replace("HEX", HEX),
    '{"format":2,"issuing":0,"keys":{"0":{"secret":"HEX","format":2,"until":9999999999}}}'.replace("HEX", HEX),
    '{"format":2,"issuing":0,"keys":{"0":{"secret":"HEX","format":3,"until":null}}}'.replace("HEX", HEX),
    '{"format":2,"issuing":0,"keys":{"0":{"secret":"00","format":2,"until":null}}}',
    '{"format":3,"issuing":0,"keys":{}}',
)


def test_the_file_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "folder" / "code-keys.json")
    ring = file.open()
    assert (tmp_path / "folder" / "code-keys.json").stat().st_mode & 0o777 == 0o600
    assert file.open().secrets() == ring.secrets()
    ring.rotate(int(time.time()))
    file.save(ring)
    assert file.open().issuing == ring.issuing
    assert sorted(path.name for path in (tmp_path / "folder").iterdir()) == ["code-keys.json", "code-keys.json.lock"]


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    KeyFile(path).open()
    path.chmod(0o644)
    with pytest.raises(KeysInvalid, match="read by others"):
        KeyFile(path).open()


@pytest.mark.parametrize("content", ["", *DAMAGED])
def test_a_damaged_file_is_refused_and_not_replaced(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(KeysInvalid):
        KeyFile(path).open()
    assert path.read_text() == content


def test_versions_go_round_and_the_issuing_one_is_not_retired() -> None:
    ring = KeyRing(VERSIONS - 1, {VERSIONS - 1: bytes(SECRET_BYTES)})
    assert ring.rotate(NOW) == 0
    with pytest.raises(KeysInvalid):
        ring.retire(0)
    ring.retire(VERSIONS - 1)
    assert set(ring.secrets()) == {0}


def test_a_ring_takes_up_what_another_process_has_rotated() -> None:
    ring, other = KeyRing(1, {1: bytes(SECRET_BYTES)}), KeyRing(1, {1: bytes(SECRET_BYTES)})
    ring.take(other)
    assert ring.generation == 0
    other.rotate(NOW)
    ring.take(other)
    assert (ring.issuing, ring.generation) == (2, 1)


# --- the upgrade from the first format -------------------------------------------------------------------------------

OLD_ISSUING, OLDER = "11" * SECRET_BYTES, "22" * SECRET_BYTES


@pytest.fixture
def old_file(tmp_path: Path) -> Path:
    """As commit a30ad07 left it after a rotation."""
    path = tmp_path / "code-keys.json"
    path.write_text(f'{{"issuing":1,"keys":{{"0":"{OLDER}","1":"{OLD_ISSUING}"}}}}')
    path.chmod(0o600)
    return path


def test_a_file_of_the_first_format_gets_a_key_of_todays_and_reads_the_old_for_a_minute(old_file: Path) -> None:
    clock = ManualClock()
    ring = KeyFile(old_file, clock).open()
    assert ring.issuing == 2
    until = NOW + ACCEPTED_SECONDS
    shown = {v: (key.format, key.until) for v, key in ring.versions().items()}
    assert shown == {0: (MASKED, until), 1: (MASKED, until), 2: (PERMUTED, None)}
    assert ring.secrets()[1].hex() == OLD_ISSUING
    assert ring.secrets()[2].hex() not in (OLD_ISSUING, OLDER)
    assert old_file.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in old_file.parent.iterdir()) == [old_file.name, old_file.name + ".lock"]


def test_a_restart_does_not_prolong_the_minute_and_ends_with_the_old_keys_gone(old_file: Path) -> None:
    clock = ManualClock()
    first = KeyFile(old_file, clock).open()
    clock.advance(ACCEPTED_SECONDS - 1)
    assert KeyFile(old_file, clock).open().versions() == first.versions()
    clock.advance(1)
    assert KeyFile(old_file, clock).open().secrets() == {2: first.secrets()[2]}
    assert OLD_ISSUING not in old_file.read_text(), "what is read no more is not kept"


def test_processes_that_upgrade_at_once_end_with_one_key(old_file: Path) -> None:
    """Each opens the file by itself, as processes do: locks are of open files, not of processes."""
    with ThreadPoolExecutor(8) as at_once:
        rings = list(at_once.map(lambda _: KeyFile(old_file).open(), range(64)))
    assert {ring.secrets()[ring.issuing] for ring in rings} == {rings[0].secrets()[2]}


def test_processes_that_make_the_file_at_once_end_with_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as at_once:
        rings = list(at_once.map(lambda _: KeyFile(tmp_path / "new" / "keys").open(), range(64)))
    assert {tuple(ring.secrets().items()) for ring in rings} == {tuple(rings[0].secrets().items())}


def test_rotations_at_once_are_each_kept(tmp_path: Path) -> None:
    def rotate(_: int) -> int:
        with KeyFile(tmp_path / "keys").changing() as ring:
            return ring.rotate(int(time.time()))

    with ThreadPoolExecutor(8) as at_once:
        versions = list(at_once.map(rotate, range(8)))
    assert sorted(versions) == list(range(1, 9))


def test_a_change_that_fails_is_not_saved(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "keys")
    before = file.open().secrets()
    with pytest.raises(KeysInvalid), file.changing() as ring:
        ring.retire(ring.rotate(NOW))
    assert file.open().secrets() == before


def test_an_old_file_of_all_ten_versions_makes_room_for_the_new(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text(json.dumps({"issuing": 9, "keys": {str(v): f"{v:064d}" for v in range(VERSIONS)}}))
    path.chmod(0o600)
    ring = KeyFile(path).open()
    assert ring.issuing == 0
    assert {v for v, key in ring.versions().items() if key.format == MASKED} == set(range(1, VERSIONS))


def test_the_version_before_is_read_for_a_minute_after_a_rotation_and_the_one_before_that_no_more(
    tmp_path: Path,
) -> None:
    clock = ManualClock()
    file = KeyFile(tmp_path / "keys", clock)
    with file.changing() as ring:
        ring.rotate(NOW)
    assert {v: key.until for v, key in file.open().versions().items()} == {0: NOW + ACCEPTED_SECONDS, 1: None}
    with file.changing() as ring:
        ring.rotate(NOW + 10)
    assert {v: key.until for v, key in file.open().versions().items()} == {1: NOW + 10 + ACCEPTED_SECONDS, 2: None}
    clock.advance(10 + ACCEPTED_SECONDS)
    assert set(file.open().versions()) == {2}


def test_what_a_refusal_says_quotes_no_key(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text('{"issuing":0,"keys":{"0":"secret-not-hex"}}')
    path.chmod(0o600)
    with pytest.raises(KeysInvalid) as refused:
        KeyFile(path).open()
    assert "secret-not-hex" not in f"{refused.value} {refused.value.__cause__}"


def test_abuse_88_keys_rotated_under_a_clock_far_ahead_end_a_minute_after_they_are_taken_up(tmp_path: Path) -> None:
    clock = ManualClock()
    file, now = KeyFile(tmp_path / "code-keys.json", clock), clock.now() // 1_000_000
    with file.changing() as ring:
        ring.rotate(now + 365 * 86_400)
    for _ in range(2):
        assert [key.until for key in file.open().versions().values()] == [now + ACCEPTED_SECONDS, None]
    clock.advance(ACCEPTED_SECONDS)
    assert list(file.open().versions()) == [1]


def test_abuse_88_replacing_leaves_no_key_of_before(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "code-keys.json", ManualClock())
    with file.changing() as ring:
        ring.rotate(0)
        before = set(ring.secrets().values())
    file.replace()
    assert not before & set(file.open().secrets().values())
    assert len(file.open().versions()) == 1
