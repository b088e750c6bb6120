"""Commands that a person would type, run as if by somebody whose shell knows nothing of this environment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PIP = (sys.executable, "-m", "pip", "--quiet", "--no-input")


def run(*command: str | Path, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end. Fails the test if the command fails."""
    done = subprocess.run(command, cwd=folder, env=own_environment(**environment), capture_output=True, text=True)
    assert done.returncode == 0, (
        f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    )
    return done


def own_environment(**more: str) -> dict[str, str]:
    """The shell's, without what it says of Python's paths and of a measurement that is under way."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    return {name: value for name, value in kept.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")} | more
