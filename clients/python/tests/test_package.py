"""The distribution stands alone: it needs httpx and msgspec, says so, and is typed."""

from __future__ import annotations

import ast
import sys
import tomllib
import zipfile
from pathlib import Path
from shutil import copytree
from subprocess import run

FOLDER = Path(__file__).resolve().parents[1]
SOURCES = sorted((FOLDER / "src" / "feiqian_client").glob("*.py"))


def test_it_needs_what_it_says_and_nothing_of_the_bank() -> None:
    needed = set()
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Import):
                needed |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                needed.add(str(node.module).partition(".")[0])
    said = tomllib.loads((FOLDER / "pyproject.toml").read_text())["project"]["dependencies"]
    assert needed - set(sys.stdlib_module_names) == {"httpx", "msgspec"} == set(said)


def test_the_wheel_holds_it_with_its_types(tmp_path: Path) -> None:
    clean = copytree(FOLDER, tmp_path / "clean")
    build = [sys.executable, "-m", "build", "--wheel", "--quiet", "--no-isolation", "--outdir", tmp_path, clean]
    run(build, check=True)
    [wheel] = tmp_path.glob("*.whl")
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert held == {f"feiqian_client/{name}" for name in (*(source.name for source in SOURCES), "py.typed")}
    assert wheel.name == "feiqian_client-0.1.0-py3-none-any.whl"
