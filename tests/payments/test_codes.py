"""Payment codes: whose they are, for how long, and what they tell to those without the key."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feiqian.payments.code_keys import SECRET_BYTES, KeyRing
from feiqian.payments.codes import (
    CLAIM_MARGIN_SECONDS,
    CUSTOMERS,
    LOOK_BACK_SLOTS,
    SLOT_SECONDS,
    CodeFault,
    Codes,
)

NOW = 1_800_000_000
RING = KeyRing(3, {3: bytes(range(SECRET_BYTES))})
CODES = Codes(RING)
numbers = st.integers(0, CUSTOMERS - 1)
moments = st.integers(0, 2**33)


@given(customer=numbers, at=moments, age=st.integers(0, 49))
def test_a_code_is_read_as_its_customer_while_it_holds(customer: int, at: int, age: int) -> None:
    at -= at % SLOT_SECONDS
    issued = CODES.issue(customer, at)
    assert len(issued.digits) == 20
    assert issued.digits.isdigit()
    scan = CODES.read(issued.digits, at + age)
    assert (scan.customer, scan.fault) == (customer, None)
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
    """The bound is 6e-8 for each guess: of 20,000 guesses none is right, unless the tag is far too short."""
    dice = random.Random(20)
    guesses = (f"883{dice.randrange(10**17):017d}" for _ in range(20_000))
    assert sum(CODES.read(guess, NOW).fault is not CodeFault.INVALID for guess in guesses) == 0


def test_codes_of_one_customer_look_like_those_of_many() -> None:
    """How often two codes agree in a digit is the same by chance, for one customer's codes and for a crowd's."""
    one = [CODES.issue(42, NOW + i * SLOT_SECONDS).digits[3:] for i in range(3_000)]
    crowd = [CODES.issue(i, NOW).digits[3:] for i in range(3_000)]
    assert len(set(one)) == len(set(crowd)) == 3_000
    for codes in (one, crowd):
        agreeing = sum(a == b for x, y in pairwise(codes) for a, b in zip(x, y, strict=True))
        places = 17 * (len(codes) - 1)
        assert abs(agreeing - places / 10) < 4 * (places * 0.09) ** 0.5


def test_digits_are_uniform() -> None:
    """Chi-square of each place over ten digits: 9 degrees of freedom, 0.9999 quantile 33.7."""
    for codes in (
        [CODES.issue(42, NOW + i * SLOT_SECONDS).digits for i in range(5_000)],
        [CODES.issue(i, NOW).digits for i in range(5_000)],
    ):
        for place in range(3, 20):
            counts = [sum(code[place] == digit for code in codes) for digit in "0123456789"]
            assert sum((count - 500) ** 2 / 500 for count in counts) < 33.7


def test_another_key_reads_nothing() -> None:
    other = Codes(KeyRing(3, {3: bytes(SECRET_BYTES)}))
    assert other.read(CODES.issue(1, NOW).digits, NOW).fault is CodeFault.INVALID


def test_a_rotation_leaves_the_codes_on_phones_valid_until_the_next() -> None:
    ring = KeyRing.new()
    codes = Codes(ring)
    before = codes.issue(5, NOW).digits
    ring.rotate()
    after = codes.issue(5, NOW).digits
    assert before[2] != after[2]
    assert codes.read(before, NOW).customer == codes.read(after, NOW).customer == 5
    ring.rotate()
    assert codes.read(before, NOW).fault is CodeFault.MALFORMED
    assert codes.read(after, NOW).fault is None


def test_a_number_of_ten_digits_gets_no_code() -> None:
    with pytest.raises(ValueError, match="nine digits"):
        CODES.issue(CUSTOMERS, NOW)
    with pytest.raises(ValueError, match="slot ahead"):
        CODES.issue(1, NOW, ahead=2)
