"""Waking: a bell is heard once, a ringer keeps quiet for a while, and a child rests until its parent writes."""

from __future__ import annotations

import subprocess
import sys
import threading

from feiqian.runtime.waking import QUIET_SECONDS, Bell, Ringer

CHILD = """
from feiqian.commands.common import told_to_stop
bell = told_to_stop()
print("rests", flush=True)
while not bell.is_set():
    print("woken" if bell.rest(60) else "by itself", flush=True)
"""


def test_a_bell_that_rang_before_is_heard_once() -> None:
    bell = Bell()
    for _ in range(3):
        bell.ring()
    assert bell.rest(60)
    assert not bell.rest(0)
    assert not bell.is_set()


def test_a_bell_wakes_whoever_rests_and_so_does_the_end() -> None:
    for wake, ended in ((Bell.ring, False), (Bell.set, True)):
        bell, heard = Bell(), []
        sleeper = threading.Thread(target=lambda bell=bell, heard=heard: heard.append(bell.rest(60)))
        sleeper.start()
        wake(bell)
        sleeper.join()
        assert heard == [True]
        assert bell.is_set() is ended


def test_rings_cut_no_pause_short() -> None:
    bell = Bell()
    bell.ring()
    assert bell.wait(0) is False  # it is a stop only
    assert bell.rest(60)


def test_many_rings_are_one_and_the_first_after_a_while_rings_again() -> None:
    moment, rings = 100.0, []
    ringer = Ringer(lambda: rings.append(moment), now=lambda: moment)
    for _ in range(1_000):
        ringer()
    moment += QUIET_SECONDS * 0.9
    ringer()
    assert rings == [100.0]
    moment += QUIET_SECONDS * 0.2
    ringer()
    assert len(rings) == 2


def test_a_child_rests_until_its_parent_writes_and_ends_with_it() -> None:
    child = subprocess.Popen([sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stdout.readline() == "rests\n"
    for _ in range(3):
        child.stdin.write("\n")
        child.stdin.flush()
        assert child.stdout.readline() == "woken\n"
    child.stdin.close()
    assert child.wait(30) == 0
    child.stdout.close()
