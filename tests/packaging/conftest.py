"""A clean copy of the repository, what is built from it, and an empty environment into which that is installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from commands import PIP, ROOT, run


@pytest.fixture(scope="session")
def tracked() -> list[str]:
    """The names of the files under version control."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return [name for name in listed.split("\0") if name and (ROOT / name).is_file()]


@pytest.fixture(scope="session")
def clone(tracked: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As a clean clone: nothing is built in it."""
    clone = tmp_path_factory.mktemp("packaging") / "clone"
    for name in tracked:
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, clone / name)
    return clone


@pytest.fixture(scope="session")
def built(clone: Path, tracked: list[str]) -> Path:
    """The folder with the source distribution and the wheel that was made of it."""
    left = clone / "src" / "feiqian.egg-info" / "SOURCES.txt"  # by a build of a version that packed everything
    left.parent.mkdir()
    left.write_text("".join(f"{name}\n" for name in tracked))
    run(sys.executable, "-m", "build", "--quiet", "--no-isolation", folder=clone)
    return clone / "dist"


@pytest.fixture(scope="session")
def wheel(built: Path) -> Path:
    [wheel] = built.glob("*.whl")
    return wheel


@pytest.fixture(scope="session")
def environment(wheel: Path, clone: Path) -> Path:
    """A virtual environment with what requirements.lock names and the wheel, and nothing else: not even pip."""
    made = clone.parent / "environment"
    venv.create(made, symlinks=True)
    install = (*PIP, "--python", made / "bin" / "python", "install", "--no-deps", "--no-compile")
    try:
        run(*install, "--require-hashes", "-r", "requirements.lock", folder=clone)
    except AssertionError as failed:
        pytest.fail(f"pip cannot install what requirements.lock names (is the package index in reach?)\n{failed}")
    run(*install, "--no-index", wheel, folder=clone)
    return made
