"""`make coverage` counts what child processes of the tests do: servers and projectors are such."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from commands import ROOT, run

PARENT = """
import subprocess, sys
subprocess.run([sys.executable, "-m", "feiqian", "--version"], check=True, cwd="/")
"""


def test_what_child_processes_run_is_measured(tmp_path: Path) -> None:
    configuration = f"--rcfile={ROOT / 'pyproject.toml'}"
    data = {"COVERAGE_FILE": str(tmp_path / "data")}
    coverage = (sys.executable, "-m", "coverage")
    (tmp_path / "parent.py").write_text(PARENT)
    run(*coverage, "run", configuration, "parent.py", folder=tmp_path, **data)
    run(*coverage, "combine", configuration, folder=tmp_path, **data)
    run(*coverage, "json", configuration, "-o", "report.json", folder=tmp_path, **data)
    files = json.loads((tmp_path / "report.json").read_text())["files"]
    [command_line] = [file for name, file in files.items() if name.endswith("src/feiqian/cli.py")]
    assert command_line["summary"]["covered_lines"] > 0
