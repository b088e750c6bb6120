"""The permutation of payment codes: a permutation, the same in the specification and in the native library."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feiqian.ledger.native import load_library
from feiqian.payments.native_permutation import NativeCodeKey, code_key
from feiqian.payments.permutation import BODIES, DEVICES, MOST_SLOTS, SECRET_BYTES, TAGS, CodeKey, SpecCodeKey

LIBRARY = load_library()
SECRET = bytes(range(SECRET_BYTES))
SPEC, NATIVE = SpecCodeKey(SECRET, 3), NativeCodeKey(LIBRARY, SECRET, 3)
BOTH = pytest.mark.parametrize("key", [SPEC, NATIVE], ids=["spec", "native"])
bodies = st.integers(0, BODIES - 1)
# Kept answers: a change of the construction is a new format, with a version of its own in the key file.
KNOWN = {
    (0, 0): 65_503_382_216_032_165,
    (1, 180_000_000): 58_114_761_393_436_560,
    (42, 180_000_001): 78_410_418_806_367_275,
    (999_999_999, 2**40): 9_583_685_917_852_899,
}


@given(bodies)
def test_every_17_digits_are_the_image_of_one_device_and_tag(body: int) -> None:
    device, tag = SPEC.unpermute(body)
    assert 0 <= device < DEVICES
    assert 0 <= tag < TAGS
    assert SPEC.permute(device, tag) == body


@given(st.integers(0, DEVICES - 1), st.integers(0, TAGS - 1))
def test_what_is_permuted_comes_back(device: int, tag: int) -> None:
    assert SPEC.unpermute(SPEC.permute(device, tag)) == (device, tag)


def test_no_two_of_many_devices_and_tags_have_one_image() -> None:
    images = {SPEC.permute(device, tag) for device in range(100) for tag in range(100)}
    assert len(images) == 10_000


@BOTH
def test_the_construction_gives_the_digits_that_it_always_gave(key: CodeKey) -> None:
    assert {(device, slot): key.issue(device, slot) for device, slot in KNOWN} == KNOWN


def test_the_native_library_does_what_the_specification_says() -> None:
    """20,000 codes under 200 keys: right ones, of slots around the newest, and arbitrary digits."""
    dice = random.Random(1117)
    for _ in range(200):
        secret, version = dice.randbytes(SECRET_BYTES), dice.randrange(10)
        spec, native = SpecCodeKey(secret, version), NativeCodeKey(LIBRARY, secret, version)
        for _ in range(100):
            device, slot = dice.randrange(DEVICES), dice.randrange(1 << dice.randrange(1, 64))
            body = native.issue(device, slot)
            assert body == spec.issue(device, slot)
            newest, count = max(0, slot + dice.randrange(-3, 40)), dice.randrange(MOST_SLOTS + 1)
            for digits in (body, dice.randrange(BODIES)):
                assert native.read(digits, newest, count) == spec.read(digits, newest, count)


@BOTH
def test_slots_at_the_ends_of_the_numbers(key: CodeKey) -> None:
    for slot in (0, 1, TAGS - 1, TAGS, TAGS + 1, 2**64 - 1):
        body = key.issue(7, slot)
        assert key.read(body, slot, 1) == (7, 0)
        assert key.read(body, slot, 0) == (7, None)
        assert key.read(body, min(slot + 5, 2**64 - 1), 6) == (7, min(slot + 5, 2**64 - 1) - slot)
    assert key.read(key.issue(7, TAGS - 3), 1, 6) == (7, None), "a slot below 0 is none"
    assert key.read(key.issue(7, TAGS - 3), TAGS + 1, 6) == (7, 4), "tags go round"


@BOTH
def test_what_is_out_of_range_is_refused(key: CodeKey) -> None:
    for device, slot in ((-1, 0), (DEVICES, 0), (0, -1), (0, 2**64)):
        with pytest.raises(ValueError, match="nine digits"):
            key.issue(device, slot)
    for body, newest, count in ((-1, 0, 1), (BODIES, 0, 1), (0, -1, 1), (0, 2**64, 1), (0, 0, -1), (0, 0, 65)):
        with pytest.raises(ValueError, match="17 digits"):
            key.read(body, newest, count)


def test_a_key_that_is_none_is_refused_by_the_library() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        NativeCodeKey(LIBRARY, SECRET[:-1], 0)
    with pytest.raises(ValueError, match="version"):
        NativeCodeKey(LIBRARY, SECRET, 256)
    assert LIBRARY.fq_code_read(None, 0, 0, 1) == LIBRARY.fq_code_issue(None, 0, 0) == 2**64 - 1
    LIBRARY.fq_code_key_free(None)


def test_one_changed_digit_changes_about_nine_tenths_of_what_it_stands_for() -> None:
    dice = random.Random(3)
    changed = 0
    for _ in range(1_000):
        body, place = dice.randrange(BODIES), 10 ** dice.randrange(17)
        other = body - body // place % 10 * place + (body // place + 1) % 10 * place
        one, two = (f"{device:09d}{tag:08d}" for device, tag in map(SPEC.unpermute, (body, other)))
        changed += sum(a != b for a, b in zip(one, two, strict=True))
    assert abs(changed - 15_300) < 4 * (17_000 * 0.09) ** 0.5


def test_the_choice_follows_that_of_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(code_key(SECRET, 0), NativeCodeKey)
    monkeypatch.setenv("FEIQIAN_ENGINE", "spec")
    assert isinstance(code_key(SECRET, 0), SpecCodeKey)
