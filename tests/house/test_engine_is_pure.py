"""The native engine: no third-party crates, no unsafe code in the core, overflow checks on in what is shipped."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path


def manifest(root: Path, *parts: str) -> dict:
    return tomllib.loads(root.joinpath("engine", *parts, "Cargo.toml").read_text())


def test_no_crate_of_others_is_used(root: Path) -> None:
    for path in (root / "engine").glob("*/Cargo.toml"):
        crate = tomllib.loads(path.read_text())
        for table in ("dependencies", "dev-dependencies", "build-dependencies"):
            for name, where in crate.get(table, {}).items():
                local = isinstance(where, dict) and ("path" in where or where.get("workspace"))
                assert local, (
                    f"{path.relative_to(root)}: {name} is not ours; the engine builds offline with cargo alone"
                )
    assert "source =" not in (root / "engine" / "Cargo.lock").read_text(), "Cargo.lock names a registry"


def test_the_core_forbids_unsafe_code(root: Path) -> None:
    assert "#![forbid(unsafe_code)]" in (root / "engine/core/src/lib.rs").read_text()


def test_the_core_has_no_clock_no_files_no_randomness(root: Path) -> None:
    outside = re.compile(r"\bstd::(time|fs|net|env|io|process|thread)\b|\bRandomState\b")
    for path in (root / "engine/core/src").rglob("*.rs"):
        found = outside.search(path.read_text())
        assert not found, f"{path.relative_to(root)} uses {found and found[0]}: the engine is deterministic and pure"


def test_overflow_checks_are_on_in_release(root: Path) -> None:
    assert manifest(root)["profile"]["release"]["overflow-checks"] is True


def test_every_unsafe_block_is_justified(root: Path) -> None:
    for path in (root / "engine/ffi/src").rglob("*.rs"):
        lines = path.read_text().splitlines()
        for number, line in enumerate(lines):
            if re.search(r"\bunsafe\s*\{", line.split("//")[0]):
                above = "\n".join(lines[max(0, number - 6) : number + 1])
                assert "SAFETY" in above, f"{path.relative_to(root)}:{number + 1} has no SAFETY comment above it"
