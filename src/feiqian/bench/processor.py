"""What processes have used of the processors and of memory, to the nanosecond and the page, as Linux counts it."""

from __future__ import annotations

import os
import time
from pathlib import Path

SCHEDULED = 2  # CPUCLOCK_SCHED: the processor clock of a whole process, its threads that have ended included


def processor_seconds(pid: int) -> float:
    """What this process, of whoever it is the child, has used so far. Raises OSError if there is none."""
    return time.clock_gettime((~pid << 3) | SCHEDULED)  # the clock that clock_getcpuclockid names


def resident_bytes(pid: int) -> int:
    """What a process holds in memory now."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def children(pid: int) -> list[int]:
    """The processes that this one has started and that have not ended."""
    running = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [child for child in running if _parent(child) == pid]


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:  # it has ended
        return 0
