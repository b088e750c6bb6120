"""The workflows run what everybody runs, on every Python that is supported, with as few rights as they can."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ACTION = re.compile(r"[a-z-]+/[a-z-]+@(v\d+|[0-9a-f]{40})")


@pytest.fixture(scope="module")
def workflows(root: Path) -> dict[str, Any]:
    found = {path.name: yaml.safe_load(path.read_text()) for path in (root / ".github/workflows").iterdir()}
    assert found
    return found


@pytest.fixture(scope="module")
def supported(root: Path) -> list[str]:
    classifiers = tomllib.loads((root / "pyproject.toml").read_text())["project"]["classifiers"]
    return [
        found[1] for one in classifiers if (found := re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", one))
    ]


def test_the_tests_run_on_every_python_that_is_supported(workflows: dict[str, Any], supported: list[str]) -> None:
    tests = workflows["ci.yml"]["jobs"]["tests"]
    assert tests["strategy"]["matrix"]["python"] == supported
    assert ".ci/run" in [step.get("run") for step in tests["steps"]]
    assert workflows["wheels.yml"]["jobs"]["try"]["strategy"]["matrix"]["python"] == supported


def test_the_oldest_python_is_what_pyproject_requires(root: Path, supported: list[str]) -> None:
    asked = tomllib.loads((root / "pyproject.toml").read_text())
    assert asked["project"]["requires-python"] == f">={supported[0]}"
    assert asked["tool"]["mypy"]["python_version"] == supported[0]
    assert asked["tool"]["ruff"]["target-version"] == f"py{supported[0].replace('.', '')}"


def test_every_job_ends_and_takes_named_versions_only(workflows: dict[str, Any]) -> None:
    for name, workflow in workflows.items():
        assert workflow["permissions"] == {"contents": "read"}, f"{name}: only the job that needs more asks for it"
        for job in workflow["jobs"].values():
            assert job["timeout-minutes"]
            used = [step["uses"] for step in job["steps"] if "uses" in step]
            assert all(ACTION.fullmatch(action) for action in used), f"{name}: {used}"
            assert not str(job["runs-on"]).endswith("latest"), name


def test_every_make_target_that_is_run_exists(root: Path, workflows: dict[str, Any]) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(), re.M))
    steps = [step for workflow in workflows.values() for job in workflow["jobs"].values() for step in job["steps"]]
    run = {found for step in steps for found in re.findall(r"\bmake ([a-z-]+)", step.get("run", ""))}
    assert {"coverage", "wheel"} <= run <= targets
