"""The benchmark over HTTP: processors are counted whole, the server it is compared with ends, and the figures."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
from urllib.error import URLError

import pytest

from feiqian.bench.http import Round, _figures
from feiqian.bench.processor import children, processor_seconds
from feiqian.bench.trivial import BODY, Trivial
from feiqian.commands.bench import _lines

BUSY = """
import sys, threading, time
def work():
    while time.thread_time() < 0.1:
        pass
thread = threading.Thread(target=work)
thread.start()
thread.join()
print("done", flush=True)
sys.stdin.read()
"""


def test_threads_that_ended_count() -> None:
    with subprocess.Popen([sys.executable, "-c", BUSY], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as busy:
        assert busy.stdout is not None
        assert busy.stdout.readline() == b"done\n"
        assert processor_seconds(busy.pid) >= 0.1
        busy.communicate()
    with pytest.raises(OSError, match="Invalid argument"):
        processor_seconds(busy.pid)


@pytest.mark.parametrize("access_log", [True, False])
def test_the_trivial_server_answers_and_ends(access_log: bool) -> None:
    with Trivial(access_log=access_log) as trivial:
        with urllib.request.urlopen(trivial.url, timeout=10) as answer:
            assert (answer.status, answer.read()) == (200, BODY)
        assert trivial.processor_seconds() > 0
        assert trivial._process.pid in children(os.getpid())
    assert trivial._process.returncode == 0
    with pytest.raises(URLError):
        urllib.request.urlopen(trivial.url, timeout=10)


def test_medians_of_rates_and_sums_of_processor_time() -> None:
    payments = [_round(requests, server=spent) for requests, spent in ((100, 0.01), (200, 0.01), (900, 0.04))]
    found = _figures(payments, [_round(400, trivial=0.1)] * 3, [_round(800, unlogged=0.1)] * 3)
    assert (found["payments"], found["payments_per_second"], found["trivial_per_second"]) == (1200, 100.0, 200.0)
    assert (found["ratio_to_trivial"], found["ratio_to_unlogged"]) == (0.5, 0.25)
    assert found["processor"]["server"] == pytest.approx({"us_each": 50.0, "share": 0.01})
    assert found["processor"]["trivial"]["us_each"] == pytest.approx(250.0)
    assert found["succeeded_share"] == 1.0


def test_figures_of_processes_are_printed_as_a_table() -> None:
    lines = list(_lines({"per_second": 2.0, "processor": {"server": {"us_each": 50.0, "share": 0.5}}}))
    assert [line.split() for line in lines] == [
        ["per", "second", "2.000"],
        ["processor", "us", "each", "share"],
        ["server", "50.000", "0.500"],
    ]


def _round(requests: int, **processor: float) -> Round:
    load = {"requests": requests, "seconds": 2.0, "p50_ms": 1, "p95_ms": 1, "p99_ms": 1, "refused": 0, "broken": 0}
    return Round(load, requests, 1, 0, 0.0, processor)
