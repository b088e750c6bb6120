"""What the house rules look at: the files under version control, each Python file parsed once."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from sources import Source

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def tracked() -> list[Path]:
    """Every file under version control, from the root."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return [Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file()]


@pytest.fixture(scope="session")
def texts(tracked: list[Path]) -> dict[Path, str]:
    """The tracked files that are text."""
    read = {path: (ROOT / path).read_bytes() for path in tracked}
    return {path: data.decode() for path, data in read.items() if b"\0" not in data}


@pytest.fixture(scope="session")
def python(texts: dict[Path, str]) -> list[Source]:
    """Every tracked Python file."""
    return [Source(str(path), text, ast.parse(text)) for path, text in texts.items() if path.suffix == ".py"]


@pytest.fixture(scope="session")
def product(python: list[Source]) -> list[Source]:
    """The Python files of the package itself."""
    return [source for source in python if source.path.startswith("src/feiqian/")]


@pytest.fixture(scope="session")
def obeyed() -> Callable[..., None]:
    """`obeyed(findings, rule, way_out)`: fails with the rule, every place that breaks it, and what to do."""

    def check(findings: list[str], rule: str, way_out: str) -> None:
        if findings:
            pytest.fail("\n".join([f"House rule: {rule}", *(f"  {f}" for f in findings), f"Way out: {way_out}"]), False)

    return check
