"""The overload benchmark: who is polite waits as told, and figures are told apart by who waited for them."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from feiqian.bench import load as load_module
from feiqian.bench.load import Answered, Load, Outcome
from feiqian.bench.overload import Memory, Stretch, _result
from feiqian.web.server.overload import REFUSAL

REQUEST = b"POST / HTTP/1.1\r\n\r\n"


class Clock:
    """`time.perf_counter`, where time passes only as the test says."""

    now = 100.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(load_module, "time", clock)
    return clock


@pytest.fixture
def pair(clock: Clock) -> Iterator[tuple[Load, list[socket.socket]]]:
    """A generator with two connections, of which the first is a polite client's, and the server's ends of them."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        load = Load(server.getsockname()[1], 2, iter([REQUEST] * 10), polite=1)
        ends = [server.accept()[0] for _ in range(2)]
        yield load, ends
        load.close()
        for end in ends:
            end.close()


def answer(load: Load, ends: list[socket.socket], data: bytes) -> list[Answered]:
    """Both connections send, and are answered."""
    answered: list[Answered] = []
    assert load._send(2) == 2
    for end in ends:
        assert end.recv(1000) == REQUEST
        end.sendall(data)
    while len(answered) < 2:
        load._receive(answered, 0.0, 10)
    return answered


def test_a_polite_client_waits_as_a_refusal_tells_it(pair: tuple[Load, list[socket.socket]], clock: Clock) -> None:
    load, _ = pair
    answered = answer(*pair, REFUSAL)
    assert sorted(one.polite for one in answered) == [False, True]
    clock.now += 0.99
    load._wake()
    assert len(load._idle) == 1
    assert load._idle[0] not in load._polite
    clock.now += 0.02
    load._wake()
    assert len(load._idle) == 2


def test_nobody_waits_after_a_payment(pair: tuple[Load, list[socket.socket]]) -> None:
    answer(*pair, b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
    assert len(pair[0]._idle) == 2


def test_a_connection_that_is_refused_ends_the_benchmark(pair: tuple[Load, list[socket.socket]]) -> None:
    load, ends = pair
    ends[0].sendall(REFUSAL)  # nothing was sent over it
    with pytest.raises(SystemExit, match="took none"):
        load._receive([], 0.0, 10)


def test_figures_by_who_waited() -> None:
    polite = [Answered(0.1, 0.010, 503, True), Answered(0.2, 0.020, 200, True)]
    others = [Answered(0.3, 0.5, 503), Answered(0.4, 0.6, 200), Answered(0.5, 0.6, 200)]
    peak = Stretch(Outcome(1.0, 4, 0, [Answered(0.1, 0.01, 200)] * 4), 400e-6)
    over = Stretch(Outcome(1.0, 40, 35, [*polite, *others]), 330e-6)
    after = Outcome(1.0, 8, 0, [Answered(at / 8, 0.005, 200) for at in range(8)])
    found = _result(peak, over, after, Memory(1_000_000, 4_000_000, 3_000_000, 2_500_000))
    assert (found["peak"], found["served"], found["refused"], found["goodput_of_peak"]) == (4.0, 3.0, 2.0, 0.75)
    assert (found["sent"], found["others"], found["normal_after_seconds"]) == (5.0, 0.0, 0.0)
    assert found["server_us_each_at_peak"] == pytest.approx(100)
    assert found["server_us_each_overloaded"] == pytest.approx(110)
    assert (found["refused_p99_ms"], found["served_p99_ms"]) == (10.0, 20.0)
    assert (found["refused_impatient_p50_ms"], found["served_impatient_p99_ms"]) == (500.0, 600.0)
    assert (found["memory_before_mb"], found["memory_most_mb"]) == (1.0, 4.0)
    assert (found["memory_after_mb"], found["memory_without_mb"]) == (3.0, 2.5)
