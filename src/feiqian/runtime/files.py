"""How many files this process may have open: raised at the start, and shared out between clients and databases.

Linux gives a process 1,024 by default, each connection takes one, and a server that has none left can neither accept
nor open its own databases.
"""

from __future__ import annotations

import os
import resource
from pathlib import Path
from typing import NamedTuple

from feiqian.runtime import logs

RESERVED_FILES = 256  # for databases, logs, children, messages and the standard library
FULL_SHARE = 0.9

_log = logs.get("feiqian.files")


class Files(NamedTuple):
    """`limit` open files, of which clients may take `connections`; the rest is reserved."""

    limit: int
    connections: int

    @property
    def full(self) -> bool:
        """Whether hardly any can be opened: the system gives out the lowest number that is free."""
        try:
            lowest = os.open("/dev/null", os.O_RDONLY)
        except OSError:
            return True
        os.close(lowest)
        return lowest >= self.limit * FULL_SHARE

    @property
    def open(self) -> int:
        """How many are open now."""
        return len(list(Path("/proc/self/fd").iterdir()))


def share_out(wanted_connections: int) -> Files:
    """Raises the limit as far as it must and may be; where that is not enough, fewer connections are taken."""
    wanted = wanted_connections + RESERVED_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if _less(soft, wanted):
        soft = wanted if not _less(hard, wanted) else hard
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if not _less(soft, wanted):
        return Files(wanted if soft == resource.RLIM_INFINITY else soft, wanted_connections)
    connections = max(1, soft - RESERVED_FILES)
    _log.error("too_few_files", limit=soft, connection_limit=wanted_connections, connections_taken=connections)
    return Files(soft, connections)


def _less(limit: int, wanted: int) -> bool:
    return limit != resource.RLIM_INFINITY and limit < wanted
