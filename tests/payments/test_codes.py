"""Payment codes: whose they are, for how long, and until when a key's are read."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feiqian.payments.code_keys import ACCEPTED_SECONDS, MASKED, SECRET_BYTES, KeyRing, Version
from feiqian.payments.codes import (
    CLAIM_MARGIN_SECONDS,
    LOOK_BACK_SLOTS,
    SLOT_SECONDS,
    SLOTS_HELD,
    CodeFault,
    Codes,
)
from feiqian.payments.errors import NoIssuingDevice
from feiqian.payments.permutation import DEVICES
from feiqian.testing.masked_codes import masked_code

NOW = 1_800_000_000


class Devices:
    """Every number but 0 is a device; its customer's number is this much larger, so that neither is taken for both."""

    APART = 1000

    def __init__(self) -> None:
        self.revoked: set[int] = set()

    def customer_of(self, device: int) -> int:
        return 0 if device in self.revoked or not device else device + self.APART

    def device_of(self, customer: int) -> int:
        device = customer - self.APART
        return 0 if device in self.revoked or device < 1 else device


RING = KeyRing(3, {3: bytes(range(SECRET_BYTES))})
DEVICES_THERE = Devices()
CODES = Codes(RING, DEVICES_THERE)
numbers = st.integers(1, DEVICES - 1)
moments = st.integers(0, 2**33)


@given(device=numbers, at=moments, age=st.integers(0, 49))
def test_a_code_is_read_as_its_customer_while_it_holds(device: int, at: int, age: int) -> None:
    at -= at % SLOT_SECONDS
    issued = CODES.issue(device, at)
    assert len(issued.digits) == 20
    assert issued.digits.isdigit()
    scan = CODES.read(issued.digits, at + age)
    assert (scan.customer, scan.fault) == (device + Devices.APART, None)
    assert scan.claim_until == issued.valid_until + CLAIM_MARGIN_SECONDS


@pytest.mark.parametrize("second", range(SLOT_SECONDS))
def test_abuse_46_a_code_holds_at_most_sixty_seconds(second: int) -> None:
    for ahead in (0, 1):
        issued = CODES.issue(7, NOW + second, ahead)
        holds = [at for at in range(NOW - 200, NOW + 400) if CODES.read(issued.digits, at).fault is None]
        assert len(holds) <= 60
        assert holds[0] <= NOW + second
        assert holds[-1] + 1 == issued.valid_until
        assert issued.valid_until - (NOW + second) > 40, "long enough to be scanned"


def test_a_code_that_is_over_is_expired_for_a_while_and_then_invalid() -> None:
    digits = CODES.issue(7, NOW).digits
    assert CODES.read(digits, NOW + 50).fault is CodeFault.EXPIRED
    assert CODES.read(digits, NOW + LOOK_BACK_SLOTS * SLOT_SECONDS).fault is CodeFault.EXPIRED
    assert CODES.read(digits, NOW + (LOOK_BACK_SLOTS + 1) * SLOT_SECONDS).fault is CodeFault.INVALID
    assert CODES.read(digits, NOW - SLOT_SECONDS - 1).fault is CodeFault.INVALID, "of a slot that is to come"


@pytest.mark.parametrize(
    "digits",
    ["", "1", "8" * 19, "8" * 21, "7831" + "0" * 16, "88x" + "0" * 17, "88" + "٣" * 18, "884" + "0" * 17, "88300000\n"],
)
def test_what_has_not_the_shape_is_no_guess(digits: str) -> None:
    assert CODES.read(digits, NOW).fault is CodeFault.MALFORMED


def test_every_changed_digit_makes_a_code_invalid() -> None:
    digits = CODES.issue(123_456, NOW).digits
    for place in range(3, 20):
        for other in set("0123456789") - {digits[place]}:
            assert CODES.read(digits[:place] + other + digits[place + 1 :], NOW).fault is CodeFault.INVALID


def test_random_codes_are_hardly_ever_right() -> None:
    """With every number taken a guess is right once in 1.7e7: of 20,000 none is, unless the tag is far too short."""
    dice = random.Random(20)
    guesses = (f"883{dice.randrange(10**17):017d}" for _ in range(20_000))
    assert sum(CODES.read(guess, NOW).fault is not CodeFault.INVALID for guess in guesses) == 0


def test_the_arithmetic_of_guesses_counts_what_would_do_at_any_moment() -> None:
    slots = range(NOW // SLOT_SECONDS - 20, NOW // SLOT_SECONDS + 20)
    held = [CODES.issue(7, slot * SLOT_SECONDS).digits for slot in slots]
    assert sum(CODES.read(digits, NOW).fault is None for digits in held) == SLOTS_HELD


def test_a_code_of_a_device_that_is_unknown_or_revoked_is_of_nobody() -> None:
    devices = Devices()
    codes = Codes(RING, devices)
    mine, other = (codes.issue(device, NOW).digits for device in (7, 8))
    devices.revoked.add(7)
    nobody = codes.read(f"883{random.Random(1).randrange(10**17):017d}", NOW)
    assert codes.read(mine, NOW) == codes.read(codes.issue(0, NOW).digits, NOW) == nobody
    assert codes.read(other, NOW).customer == 8 + Devices.APART
    with pytest.raises(NoIssuingDevice):
        codes.device_of(7 + Devices.APART)


def test_another_key_reads_nothing() -> None:
    other = Codes(KeyRing(3, {3: bytes(SECRET_BYTES)}), DEVICES_THERE)
    assert other.read(CODES.issue(1, NOW).digits, NOW).fault is CodeFault.INVALID


def test_two_versions_with_the_same_secret_read_nothing_of_each_other() -> None:
    secret = bytes(SECRET_BYTES)
    codes = Codes(KeyRing(0, {0: secret, 1: secret}), DEVICES_THERE)
    digits = codes.issue(1, NOW).digits
    assert codes.read("881" + digits[3:], NOW).fault is CodeFault.INVALID


def test_a_rotation_leaves_the_codes_on_phones_valid_for_a_minute_or_until_the_next() -> None:
    ring = KeyRing.new()
    codes = Codes(ring, DEVICES_THERE)
    before = codes.issue(5, NOW).digits
    ring.rotate(NOW)
    after = codes.issue(5, NOW).digits
    assert before[2] != after[2]
    assert codes.read(before, NOW).customer == codes.read(after, NOW).customer == 5 + Devices.APART
    late = Codes(KeyRing(ring.issuing, ring.versions()), DEVICES_THERE)
    made_with_the_leaked_key = f"{before[:3]}{codes_of_version(ring, 0, NOW + ACCEPTED_SECONDS)}"
    assert late.read(made_with_the_leaked_key, NOW + ACCEPTED_SECONDS - 1).fault is None
    assert late.read(made_with_the_leaked_key, NOW + ACCEPTED_SECONDS).fault is CodeFault.MALFORMED
    ring.rotate(NOW)
    assert codes.read(before, NOW).fault is CodeFault.MALFORMED
    assert codes.read(after, NOW).fault is None


def codes_of_version(ring: KeyRing, version: int, at: int) -> str:
    """The 17 digits that whoever has a version's secret makes, whenever they like."""
    return Codes(KeyRing(version, {version: ring.secrets()[version]}), DEVICES_THERE).issue(5, at).digits[3:]


def test_masked_codes_are_read_until_the_minute_after_the_upgrade_is_over() -> None:
    secret = bytes(range(1, SECRET_BYTES + 1))
    keys = {0: Version(secret, MASKED, NOW + ACCEPTED_SECONDS), 1: Version(bytes(SECRET_BYTES))}
    devices = Devices()
    codes = Codes(KeyRing(1, keys), devices)
    assert codes.issue(7, NOW).digits[2] == "1"
    customer = 7 + Devices.APART
    for age in range(0, 50, 10):
        assert codes.read(masked_code(secret, 0, customer, NOW - age), NOW)[:2] == (customer, None)
    old = masked_code(secret, 0, customer, NOW)
    assert codes.read(old, NOW + 50).fault is CodeFault.EXPIRED
    wrong = old[:-1] + str(9 - int(old[-1]))
    assert codes.read(wrong, NOW).fault is CodeFault.INVALID
    newest = masked_code(secret, 0, customer, NOW + ACCEPTED_SECONDS)
    assert codes.read(newest, NOW + ACCEPTED_SECONDS - 1).fault is None
    assert codes.read(newest, NOW + ACCEPTED_SECONDS).fault is CodeFault.MALFORMED
    devices.revoked.add(7)
    assert codes.read(masked_code(secret, 0, customer, NOW), NOW).fault is CodeFault.INVALID


def test_a_number_of_ten_digits_gets_no_code() -> None:
    with pytest.raises(ValueError, match="nine digits"):
        CODES.issue(DEVICES, NOW)
    with pytest.raises(ValueError, match="slot ahead"):
        CODES.issue(1, NOW, ahead=2)
