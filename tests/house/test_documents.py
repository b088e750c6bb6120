"""The documents are tested against the code: what they name is there, and what is there they name."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

FENCE = re.compile(r"^```(?:sh|console|bash)?\n(.*?)^```", re.M | re.S)
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
CODE_PATH = re.compile(r"`((?:src/feiqian|engine|tests|docs|tools|examples|bench)/[\w./-]*)`")


@pytest.fixture(scope="session")
def documents(texts: dict[Path, str]) -> dict[Path, str]:
    return {path: text for path, text in texts.items() if path.suffix == ".md"}


@pytest.fixture(scope="session")
def commands() -> list[str]:
    """The subcommands of `feiqian`, as its own help lists them."""
    shown = subprocess.run(
        [sys.executable, "-m", "feiqian", "--help"], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    listed = re.search(r"^  COMMAND\n((?: {4,}\S.*\n)+)", shown, re.M)
    assert listed, f"`feiqian --help` lists no commands:\n{shown}"
    return re.findall(r"^ {4}([\w-]+)", listed[1], re.M)


def fenced(text: str, first: str) -> list[str]:
    """The word after `first` (make, feiqian) in each command of the fenced blocks."""
    lines = [line.removeprefix("$ ").strip() for block in FENCE.findall(text) for line in block.splitlines()]
    return [m[1] for line in lines if (m := re.match(rf"(?:\S+=\S+ )*(?:\S*/)?{first} ([a-z][a-z-]*)", line))]


def test_every_make_target_that_is_named_exists(root: Path, documents: dict[Path, str]) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(), re.M))
    for path, text in documents.items():
        named = set(fenced(text, "make")) | set(re.findall(r"`make ([a-z-]+)", text))
        assert named <= targets, f"{path} names make targets that are not in the Makefile: {named - targets}"


def test_every_command_that_is_named_exists(documents: dict[Path, str], commands: list[str]) -> None:
    for path, text in documents.items():
        named = set(fenced(text, "feiqian")) | set(re.findall(r"`(?:\S*/)?feiqian ([a-z][a-z-]*)", text))
        assert named <= set(commands), f"{path} names commands that feiqian has not: {named - set(commands)}"


def test_every_command_is_documented(root: Path, commands: list[str]) -> None:
    manual = (root / "docs/OPERATIONS.md").read_text()
    missing = [name for name in commands if f"`feiqian {name}" not in manual]
    assert not missing, f"docs/OPERATIONS.md does not tell of: {missing}"


def test_every_setting_is_documented_with_its_default(root: Path) -> None:
    from feiqian.settings import NAMES, Settings

    rows = re.findall(r"^\| `(\w+)` \| `([^`]*)` \|", (root / "docs/OPERATIONS.md").read_text(), re.M)
    told = {name: default for name, default in rows if not name.startswith("FEIQIAN")}
    assert set(told) == set(NAMES), f"docs/OPERATIONS.md and settings.py differ: {set(told) ^ set(NAMES)}"
    settings = Settings()
    for name, default in told.items():
        assert default == (str(getattr(settings, name)) or '""'), f"the default of {name} is documented as {default}"


def test_every_file_that_is_named_exists(root: Path, documents: dict[Path, str], obeyed: Callable[..., None]) -> None:
    findings = []
    for path, text in documents.items():
        named = [(root / path.parent / link, link) for link in LINK.findall(text)]
        named += [(root / code, code) for code in CODE_PATH.findall(text)]
        findings += [f"{path} names {name}" for file, name in named if not file.exists()]
    obeyed(findings, "a document names only what is there.", "correct the name, or take it out.")


def test_every_decision_is_listed(root: Path) -> None:
    index = (root / "docs/decisions/README.md").read_text()
    for path in sorted((root / "docs/decisions").glob("[0-9]*.md")):
        assert f"({path.name})" in index, f"{path.name} is not listed in docs/decisions/README.md"
        text = path.read_text()
        for heading in ("Date:", "## Context", "## Decision", "## Consequences"):
            assert heading in text, f"{path.name} has no '{heading}'"


def test_every_folder_is_on_the_map(root: Path, product: list) -> None:
    readme = (root / "README.md").read_text()
    for folder in sorted({source.path.split("/")[2] for source in product if source.path.count("/") > 2}):
        assert f"{folder}/" in readme, f"README's map of the folders has no {folder}/"


def test_every_refusal_is_explained(root: Path) -> None:
    from feiqian.ledger.engine import Refusal

    text = (root / "docs/REFUSALS.md").read_text()
    listed = re.findall(r"^\| (\d+) \| `(\w+)` \| (yes|no) \|", text, re.M)
    assert listed == [(f"{r:d}", r.name, "yes" if r.remembered else "no") for r in Refusal], (
        "docs/REFUSALS.md must list the engine's refusals, all of them, in order of precedence, with their numbers"
    )


def test_every_reason_for_declining_is_explained(root: Path) -> None:
    from feiqian.payments.policy import Decline
    from feiqian.payments.reasons import sentence

    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", (root / "docs/REFUSALS.md").read_text(), re.M)
    assert rows == [(reason.value, sentence(reason)) for reason in Decline], (
        "docs/REFUSALS.md: the reasons are out of date"
    )
