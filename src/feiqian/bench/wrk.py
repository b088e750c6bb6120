"""The load generator wrk: one thread of it, on this machine, as a program with a script of ours."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).parent  # where wrk runs, so that scripts find what they share
SHARED = "wrk.lua"


def sent_by_wrk(script: str, url: str, seconds: int, connections: int, file: Path | None = None) -> dict[str, Any]:
    """Sends what `script` makes of `file` for so many seconds. Returns what it has seen; `processor` is wrk's own time
    meanwhile, in seconds."""
    options = ["-t1", f"-c{connections}", f"-d{seconds}", "-s", script, url, *(["--", str(file)] if file else [])]
    done = subprocess.run([wrk(), *options], capture_output=True, text=True, check=True, cwd=SCRIPTS)
    seen = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if not seen:
        raise SystemExit(f"feiqian bench: wrk said nothing:\n{done.stdout}{done.stderr}")
    return dict(json.loads(seen[-1]))


def wrk() -> str:
    """The program. Raises SystemExit where it is missing."""
    program = shutil.which("wrk")
    if program is None:
        raise SystemExit("feiqian bench: the load generator is missing: install the package `wrk`")
    return program
