"""Kills a projector in the middle of its work."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

CHILD = Path(__file__).with_name("projector_child.py")


def kill_midway(journal: Path, location: str, chance: random.Random, *added: str) -> bool:
    """Starts a projector, and kills it some steps later while it is in another. Whether it got to the end first."""
    command = [sys.executable, str(CHILD), str(journal), location, *added]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for _ in range(chance.randint(1, 8)):
            if not child.stdout.readline():
                return True
        for _ in range(chance.randrange(20_000)):  # somewhere within the next step, not at its beginning
            pass
        child.kill()
    return child.returncode == 0
