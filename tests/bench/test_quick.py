"""The benchmark of quick payments runs, and pays as often as it says."""

from __future__ import annotations

from feiqian.bench.quick import run


def test_it_compares_both_kinds_and_pays_whole_flows() -> None:
    figures = run(payments=40, customers=20, concurrency=4, rounds=1, flows=2)
    assert figures["quick_ratio"] > 0
    assert all(figures[f"{step}_p50_ms"] > 0 for step in ("flow", "begin", "send", "enter", "pay"))
