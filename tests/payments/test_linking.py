"""What payment codes tell to those without the key: not whose they are, and not whether two are of one device."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import combinations, pairwise

from feiqian.payments.code_keys import SECRET_BYTES, KeyRing
from feiqian.payments.codes import SLOT_SECONDS, CodeIssuer

NOW = 1_800_000_000
CODES = CodeIssuer(KeyRing(3, {3: bytes(range(SECRET_BYTES))}))
MINE, COLLECTED, FOREIGN = 42, 30_000, 30_000
BODY, TAG = 17, 8


def mine(count: int = COLLECTED) -> list[str]:
    """Codes of one device of one's own, one from each slot, as a wallet shows them in three and a half days."""
    return [CODES.issue(MINE, NOW + n * SLOT_SECONDS).digits[3:] for n in range(count)]


def foreign(count: int = FOREIGN) -> dict[str, int]:
    """Codes of other devices, seen at a till, with whose they are: which is what nobody shall find out."""
    dice = random.Random(82)
    numbers = dice.sample(range(1_000, 200_000), count)
    return {
        CODES.issue(number, NOW + dice.randrange(COLLECTED) * SLOT_SECONDS).digits[3:]: number for number in numbers
    }


def meeting(codes: list[str], others: list[str], part: slice) -> Iterator[tuple[str, str]]:
    """Pairs of codes that have the same digits in one part."""
    by_part = defaultdict(list)
    for code in codes:
        by_part[code[part]].append(code)
    return ((code, other) for other in others for code in by_part.get(other[part], ()))


def test_abuse_82_codes_of_one_customer_collected_name_no_other_customer() -> None:
    """The attack: where a foreign code meets one's own in a part, what covers the rest may be the same in both; then
    the difference of the rests is that of the two numbers. As there are 9 x 10**8 pairs, each eight digits meet about
    nine times; masked codes gave away all of these customers."""
    own, others = mine(), foreign()
    for begin in range(BODY - TAG + 1):
        part = slice(begin, begin + TAG)
        pairs = list(meeting(own, list(others), part))
        assert 0 < len(pairs) < 30, "as many as chance makes"
        found = sum(others[code] in guesses(ours, code, part) for ours, code in pairs)
        assert found == 0, f"digits {begin} to {begin + TAG}: {found} of {len(pairs)} customers are known"


def guesses(ours: str, code: str, part: slice) -> set[int]:
    """Whose the foreign code may be, if the rest of both is covered alike: added to, or taken from."""
    rest, other = (int(one[: part.start] + one[part.stop :]) for one in (ours, code))
    return {(MINE + sign * (other - rest)) % 10**9 for sign in (1, -1)}


def test_abuse_82_no_code_of_a_customer_comes_again() -> None:
    """A code that comes again tells that both are of one customer. With random tags 200,000 would have 200 twins."""
    assert len(set(mine(200_000))) == 200_000


def test_abuse_82_codes_of_one_customer_meet_no_more_often_than_codes_of_many() -> None:
    """A statistic for linking two codes: equal digits in any six or seven that stand together. Within one device's
    codes there are as many as between devices, up to 4.5 times the standard deviation of what is chance."""
    for codes in (mine(20_000), list(foreign(20_000))):
        for length in (6, 7):
            expected = 20_000 * 19_999 / 2 / 10**length
            for begin in range(BODY - length + 1):
                counts = Counter(code[begin : begin + length] for code in codes)
                equal = sum(count * (count - 1) // 2 for count in counts.values())
                assert abs(equal - expected) < 4.5 * expected**0.5


def test_abuse_82_neighbouring_slots_and_devices_share_no_digits() -> None:
    """How often two codes agree in a digit is the same by chance for one device's codes, slot by slot, for a crowd's of
    one slot, and for their first digits and last."""
    one = [CODES.issue(42, NOW + i * SLOT_SECONDS).digits[3:] for i in range(3_000)]
    crowd = [CODES.issue(i, NOW).digits[3:] for i in range(3_000)]
    assert len(set(one)) == len(set(crowd)) == 3_000
    for codes in (one, crowd):
        for part in (slice(0, 9), slice(9, 17), slice(0, 17)):
            agreeing = sum(a == b for x, y in pairwise(codes) for a, b in zip(x[part], y[part], strict=True))
            places = len(range(17)[part]) * (len(codes) - 1)
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


def test_two_digits_of_one_device_are_independent() -> None:
    """Chi-square of each pair of places over a hundred values: 99 degrees of freedom; of 136 pairs, none above 165."""
    codes = mine(10_000)
    for first, second in combinations(range(BODY), 2):
        counts = Counter(code[first] + code[second] for code in codes)
        assert sum((count - 100) ** 2 / 100 for count in counts.values()) + 100 * (100 - len(counts)) < 165
