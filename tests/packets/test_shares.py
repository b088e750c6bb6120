"""Shares are at least one minor unit, at most what the bank allows, and together what was put in."""

from __future__ import annotations

from random import Random

import pytest

from feiqian.money import MinorUnits
from feiqian.packets.model import Mode
from feiqian.packets.shares import divide

SIZES = [(1, 1), (2, 2), (3, 2), (7, 7), (100, 3), (101, 100), (1000, 7), (9_999, 100), (20_000, 1), (1_234_567, 100)]


@pytest.mark.parametrize("mode", Mode)
def test_sums_are_exact_for_many_seeds_and_sizes(mode: Mode) -> None:
    for seed in range(150):
        below = Random(seed).randrange
        for total, count in SIZES:
            most = max(-(-total // count), (total + seed * 37) // max(1, seed))
            shares = divide(MinorUnits(total), count, mode, MinorUnits(most), below)
            assert (len(shares), sum(shares)) == (count, total)
            assert 1 <= min(shares) <= max(shares) <= most


def test_what_cannot_be_divided_is_spread_over_the_first() -> None:
    assert divide(MinorUnits(1000), 3, Mode.FIXED, MinorUnits(1000)) == (334, 333, 333)


def test_random_shares_differ_and_nobody_gains_by_being_first() -> None:
    below = Random(13).randrange
    drawn = [divide(MinorUnits(10_000), 5, Mode.RANDOM, MinorUnits(20_000), below) for _ in range(2_000)]
    means = [sum(shares[place] for shares in drawn) / len(drawn) for place in range(5)]  # not money: a mean
    assert all(1_900 < mean < 2_100 for mean in means), means
    assert len(set(drawn)) == len(drawn)


def test_where_each_may_have_only_so_much_random_shares_still_fit() -> None:
    for seed in range(100):
        assert divide(MinorUnits(600), 3, Mode.RANDOM, MinorUnits(200), Random(seed).randrange) == (200, 200, 200)
        shares = divide(MinorUnits(590), 3, Mode.RANDOM, MinorUnits(200), Random(seed).randrange)
        assert sum(shares) == 590
        assert max(shares) <= 200


@pytest.mark.parametrize(("total", "count", "most"), [(2, 3, 9), (0, 0, 9), (10, 0, 9), (28, 3, 9), (0, 1, 9)])
def test_what_cannot_be_divided_so_is_refused(total: int, count: int, most: int) -> None:
    for mode in Mode:
        with pytest.raises(ValueError, match="cannot be divided"):
            divide(MinorUnits(total), count, mode, MinorUnits(most))
