"""The wheel in an empty environment: its commands, and the demo from an empty folder, with engine, pages and texts."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin

import httpx
import pytest
from commands import PIP, ROOT, own_environment, run

ADDRESS = re.compile(r"Open +(http://\S+/)$", re.M)
FILES = re.compile(r'(?:href|src)="(/static/[^"]+)"')
STOP_SECONDS = 30
VERSION = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.M)


class Demo(NamedTuple):
    pid: int
    client: httpx.Client
    folder: Path


def started(process: subprocess.Popen[str]) -> str:
    """The address of the demo, once it says that it runs."""
    said = ""
    assert process.stdout is not None
    for line in process.stdout:
        said += line
        if found := ADDRESS.search(said):
            return found[1]
    raise AssertionError(f"the demo ended with {process.wait()}: {said}")


@pytest.fixture(scope="module")
def demo(environment: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("empty")
    process = subprocess.Popen(
        [environment / "bin" / "feiqian", "demo", "--port", "0"],
        cwd=folder, env=own_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        with httpx.Client(base_url=started(process), timeout=60) as client:
            yield Demo(process.pid, client, folder)
    finally:
        process.send_signal(signal.SIGINT)
        assert process.stdout is not None
        process.stdout.read()
        code = process.wait(STOP_SECONDS)
    assert code == 0


def test_what_the_wheel_requires_is_what_the_lock_names(environment: Path, tmp_path: Path) -> None:
    run(*PIP, "--python", environment / "bin" / "python", "check", folder=tmp_path)


@pytest.mark.parametrize("command", [("feiqian",), ("python", "-m", "feiqian")])
def test_both_ways_of_calling_it_work_from_any_folder(
    command: tuple[str, ...], environment: Path, tmp_path: Path
) -> None:
    assert VERSION
    program, *rest = command
    assert run(environment / "bin" / program, *rest, "--version", folder=tmp_path).stdout == f"feiqian {VERSION[1]}\n"


def test_the_demo_runs_on_the_native_engine_of_the_wheel(demo: Demo, environment: Path) -> None:
    loaded = set(re.findall(r"/\S+/_engine\.so", Path(f"/proc/{demo.pid}/maps").read_text()))
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    assert loaded == {str(environment / "lib" / python / "site-packages" / "feiqian" / "ledger" / "_engine.so")}
    assert (demo.folder / "var" / "journal.db").exists()


@pytest.mark.parametrize("language", ["en", "zh", "es"])
def test_the_demo_s_pages_have_their_texts_and_files(language: str, demo: Demo) -> None:
    for path in ("/", "/sign-in"):
        page = demo.client.get(path, headers={"Accept-Language": language}).raise_for_status()
        files = FILES.findall(page.text)
        assert files
        for file in files:
            assert demo.client.get(urljoin(path, file)).raise_for_status().content
    assert f'lang="{language}' in demo.client.get("/", headers={"Accept-Language": language}).text


def test_the_demo_s_other_processes_are_of_the_same_environment(demo: Demo, environment: Path) -> None:
    tasks = Path(f"/proc/{demo.pid}/task").glob("*/children")
    children = [pid for task in tasks for pid in task.read_text().split()]
    commands = [Path(f"/proc/{pid}/cmdline").read_text().split("\0") for pid in children]
    assert {command[0] for command in commands} == {str(environment / "bin" / "python")}
    assert {"project", "checkpoint", "feiqian.workers.child"} <= {word for command in commands for word in command}
