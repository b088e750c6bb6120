"""The benchmark of the wallet's pages: its bank holds together, and every page is found and measured."""

from __future__ import annotations

from feiqian.bench.wallet import PLACES, run

MOST_KB = 150


def test_everybody_has_lines_and_each_page_is_measured() -> None:
    found = run(customers=30, entries=48, people=2, pages=2)
    assert found["decisions"] == 30 * 36
    for name in (*PLACES, "activity_later", "receipt", "sent"):
        assert 1 < found[f"{name}_kb"] <= MOST_KB, name
