"""Payments over HTTP: one server process, durable, projections running; each request with its own code and order.

The load generator is wrk, on the same machine. What counts as paid is what the read model says afterwards.
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

from .bank import BenchBank

SCRIPT = Path(__file__).with_name("pay.lua")
WARM_UP_SECONDS, ALONE_SECONDS = 2, 3
MOST_PER_SECOND = 25_000  # so many are prepared for each second of the warm-up; then half more than it took
LEAST_PER_SECOND = 15_000
MOST_ALONE_PER_SECOND = 4_000


def run(
    seconds: int = 8,
    customers: int = 10_000,
    merchants: int = 50,
    connections: int = 64,
    one_merchant: bool = False,
) -> dict[str, Any]:
    """Times in milliseconds; `processor` is each process's share of one processor while the load ran."""
    with BenchBank(customers, merchants) as bank:
        warm_up = drive(bank, WARM_UP_SECONDS * MOST_PER_SECOND, WARM_UP_SECONDS, connections, one_merchant)
        prepared = int(seconds * max(LEAST_PER_SECOND, 1.5 * warm_up["requests"] / WARM_UP_SECONDS))
        bank.catch_up()
        paid_before = bank.statuses().get("succeeded", 0)
        position, used = bank.health()["position"], bank.processor_seconds()
        own = resource.getrusage(resource.RUSAGE_CHILDREN)
        load = drive(bank, prepared, seconds, connections, one_merchant)
        behind, processor = bank.behind(), _shares(bank, used, own, load["elapsed"])
        commits = bank.health()["position"] - position
        catch_up = bank.catch_up()
        paid = bank.statuses().get("succeeded", 0) - paid_before
        single = drive(bank, ALONE_SECONDS * MOST_ALONE_PER_SECOND, ALONE_SECONDS, 1, one_merchant)
    return {
        "customers": customers,
        "merchants": 1 if one_merchant else merchants,
        "connections": connections,
        "payments": load["requests"],
        "payments_per_second": load["requests"] / load["seconds"],
        **{name: load[name] for name in ("p50_ms", "p95_ms", "p99_ms", "refused", "broken")},
        "succeeded_share": min(1.0, paid / load["requests"]),
        "rows_behind_at_end": behind,
        "catch_up_seconds": catch_up,
        "payments_per_commit": load["requests"] / max(1, commits),
        "processor": processor,
        "one_connection_p50_ms": single["p50_ms"],
        "one_connection_p99_ms": single["p99_ms"],
    }


def drive(bank: BenchBank, prepared: int, seconds: int, connections: int, one_merchant: bool) -> dict[str, Any]:
    """Sends payments with wrk for so many seconds, of so many that are prepared."""
    file = bank.folder / "payments.txt"
    with file.open("w") as out:
        out.writelines(f"{key} {body}\n" for key, body in bank.payments(prepared, one_merchant=one_merchant))
    figures = sent_by_wrk(bank, SCRIPT, file, seconds, connections)
    if figures["requests"] + connections >= prepared:
        raise SystemExit(f"feiqian bench: only {prepared} payments were prepared, and all were sent")
    return figures


def sent_by_wrk(bank: BenchBank, script: Path, file: Path, seconds: int, connections: int) -> dict[str, Any]:
    """Sends what `script` makes of `file`, for so many seconds; what it has printed, and the time that it took."""
    options = ["-t1", f"-c{connections}", f"-d{seconds}", "-s", str(script), bank.url, "--", str(file)]
    began = time.monotonic()
    done = subprocess.run([wrk(), *options], capture_output=True, text=True, check=True)
    seen = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if not seen:
        raise SystemExit(f"feiqian bench: wrk said nothing:\n{done.stdout}{done.stderr}")
    return {**json.loads(seen[-1]), "elapsed": time.monotonic() - began}


def wrk() -> str:
    """The load generator. Raises SystemExit where it is missing."""
    program = shutil.which("wrk")
    if program is None:
        raise SystemExit("feiqian bench: the load generator is missing: install the package `wrk`")
    return program


def _shares(bank: BenchBank, before: dict[str, float], own: Any, seconds: float) -> dict[str, float]:
    after, now = bank.processor_seconds(), resource.getrusage(resource.RUSAGE_CHILDREN)
    shares = {name: (after[name] - before.get(name, 0.0)) / seconds for name in after}
    shares["wrk"] = (now.ru_utime + now.ru_stime - own.ru_utime - own.ru_stime) / seconds
    return {name: round(share, 3) for name, share in shares.items()}
