"""The short form of `make adversary`: every attack for a moment; the honest are served, and nothing is lost.

Nothing here judges by time: who is told to come later does so until it works.
"""

from __future__ import annotations

from collections import Counter

import pytest

from feiqian.testing.adversary.attacks import ATTACKS
from feiqian.testing.adversary.honest import Told
from feiqian.testing.adversary.play import Phase, in_turn, percentile, verdict
from feiqian.testing.adversary.play import Round as Played

SECONDS, RATE, PATIENCE = 1.0, 5.0, 90.0
SHORT = tuple(ATTACKS)


def test_the_honest_are_served_beside_each_attack_and_the_books_are_clean() -> None:
    phases, audit = in_turn(SHORT, SECONDS, RATE, PATIENCE)
    assert audit == ""
    for name, phase in phases.items():
        paid, paged, signed = phase.told
        assert (paid.asked, paged.asked, signed.asked) == (5, 1, 1), name
        assert [dict(told.failed) for told in phase.told] == [{}, {}, {}], name
        assert [told.unsaid for told in phase.told] == [0, 0, 0], name
        assert phase.sent.total() > 0, name


def test_the_percentile_lies_within_its_bucket() -> None:
    before = {0.004: 10.0, 0.005: 10.0, float("inf"): 10.0}
    assert percentile(before, before) is None
    assert percentile(before, {0.004: 990.0, 0.005: 1010.0, float("inf"): 1010.0}) == pytest.approx(4.5)
    assert percentile(before, {0.004: 10.0, 0.005: 10.0, float("inf"): 20.0}) == pytest.approx(5.0)


def test_a_round_in_which_an_honest_client_was_not_served_is_missed() -> None:
    well = Phase((Told("payments", done=1000),), 4.0, Counter(sent=5))
    lost = Phase((Told("payments", done=990, failed=Counter({"503": 10}), unsaid=1),), 40.0, Counter(sent=5))
    assert verdict(Played("one", well, well, "")) == []
    assert len(verdict(Played("one", well, lost, "books"))) == 4
