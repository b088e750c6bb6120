"""The limit on open files: raised as far as it may be, and never all of it for connections."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

from feiqian.runtime.files import RESERVED_FILES

SHARE_OUT = """
import os, resource, sys
from feiqian.runtime.files import share_out
soft, hard, wanted = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
files = share_out(wanted)
assert resource.getrlimit(resource.RLIMIT_NOFILE) == (files.limit, hard)
full = files.full
opened = []
try:
    while len(opened) < 10_000:
        opened.append(os.open("/dev/null", os.O_RDONLY))
except OSError:
    pass
print(files.limit, files.connections, full, files.full)
"""


def shared_out(soft: int, hard: int, wanted: int) -> list[str]:
    command = [sys.executable, "-c", SHARE_OUT, str(soft), str(hard), str(wanted)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1].split()


@pytest.mark.parametrize(
    ("soft", "hard", "wanted", "limit", "connections"),
    [
        (1024, 2048, 1000, 1000 + RESERVED_FILES, 1000),  # raised as far as needed
        (1024, 1024, 4096, 1024, 1024 - RESERVED_FILES),  # may not be raised: fewer connections
        (512, 1024, 4096, 1024, 1024 - RESERVED_FILES),  # raised as far as may be
        (1024, 2048, 100, 1024, 100),  # enough as it is
    ],
)
def test_files_are_kept_back_from_connections(soft: int, hard: int, wanted: int, limit: int, connections: int) -> None:
    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < hard:
        pytest.fail("these tests need a hard limit of at least 2,048 open files")
    assert shared_out(soft, hard, wanted) == [str(limit), str(connections), "False", "True"]
