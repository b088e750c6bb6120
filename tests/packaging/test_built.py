"""What is built from a clean clone: a wheel with the engine and all files of the product, and sources that suffice."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import Path

from commands import PIP, own_environment, run

ENGINE = "feiqian/ledger/_engine.so"


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
