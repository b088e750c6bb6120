"""The wheel: built from a clean clone, with the engine and all files of the product, and run in an empty environment.

One file, so that one process of the tests builds and installs it.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin

import httpx
import pytest
from commands import PIP, ROOT, own_environment, run

ENGINE = "feiqian/ledger/_engine.so"
ADDRESS = re.compile(r"Open +(http://\S+/)$", re.M)
FILES = re.compile(r'(?:href|src)="(/static/[^"]+)"')
STOP_SECONDS = 30
VERSION = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.M)


def test_the_wheel_holds_the_product_and_the_engine_and_nothing_else(wheel: Path, tracked: list[str]) -> None:
    product = {name.removeprefix("src/") for name in tracked if name.startswith("src/") and not name.endswith(".md")}
    expected = {name for name in product if not name.startswith("feiqian/testing/")} | {ENGINE}
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert held - expected == set(), "these are in the wheel and must not be"
    assert expected - held == set(), "these are not in the wheel: see package-data in pyproject.toml"


def test_the_wheel_is_for_one_platform_and_every_python_there(wheel: Path) -> None:
    name, _version, python, abi, platform = wheel.stem.split("-")
    assert (name, python, abi) == ("feiqian", "py3", "none")
    assert platform != "any"
    with zipfile.ZipFile(wheel) as archive:
        [said] = [name for name in archive.namelist() if name.endswith(".dist-info/WHEEL")]
        assert message_from_bytes(archive.read(said))["Root-Is-Purelib"] == "false"


def test_the_source_distribution_holds_the_engine_s_sources_and_nothing_built(built: Path, tracked: list[str]) -> None:
    [sources] = built.glob("*.tar.gz")
    with tarfile.open(sources) as archive:
        held = {member.name.split("/", 1)[1] for member in archive.getmembers() if member.isfile()}
    assert {name for name in tracked if name.startswith("engine/")} <= held
    assert "LICENSE" in held
    assert not [
        name for name in held if name.endswith((".so", ".pyc")) or name.startswith(("tests/", "engine/target/"))
    ]


def test_pip_makes_the_same_wheel_where_something_older_was_built(wheel: Path, clone: Path, tmp_path: Path) -> None:
    for platform in ("", "." + sysconfig.get_platform() + "-" + str(sys.implementation.cache_tag)):
        older = clone / "build" / f"lib{platform}" / "feiqian" / "gone.py"
        older.parent.mkdir(parents=True)
        older.touch()
    run(*PIP, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", tmp_path, clone, folder=tmp_path)
    [made] = tmp_path.glob("*.whl")
    assert made.name == wheel.name
    assert set(zipfile.ZipFile(made).namelist()) == set(zipfile.ZipFile(wheel).namelist())


def test_without_cargo_a_build_says_what_is_missing(clone: Path, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("sh", "dirname", "sed"):
        (tools / tool).symlink_to(str(shutil.which(tool)))
    build = (sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path)
    done = subprocess.run(build, cwd=clone, env=own_environment(PATH=str(tools)), capture_output=True, text=True)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "missing: cargo\n" in said
    assert "is built with Rust 1." in said
    assert not list(tmp_path.glob("*.whl"))


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
