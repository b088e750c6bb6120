"""Every abuse case that this version answers has a test with its number in the name, and the index tells of it."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest
from sources import Source

COVERED = {
    *range(1, 6),
    *range(9, 31),
    34,
    35,
    37,
    38,
    46,
    48,
    49,
    51,
    *range(54, 65),
    *range(66, 71),
    *range(103, 107),
    108,
}
NAME = re.compile(r"test_abuse_(\d+)_\w+")
ROW = re.compile(r"^\| (\d+) \| [^|]+ \| ([^|]+) \|$", re.M)


@pytest.fixture(scope="session")
def tests(python: list[Source]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    for source in python:
        if not source.path.startswith(("tests/", "clients/")):
            continue
        for node in ast.walk(source.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (name := NAME.fullmatch(node.name)):
                found[int(name[1])].add(node.name)
    return found


def test_every_case_has_a_test(tests: dict[int, set[str]], obeyed: Callable[..., None]) -> None:
    missing = [f"case {number}" for number in sorted(COVERED - tests.keys())]
    obeyed(missing, "an abuse case that is answered is tested.", "write test_abuse_NN_what_happens.")


def test_the_index_names_the_tests_that_are_there(root: Path, tests: dict[int, set[str]]) -> None:
    rows = ROW.findall((root / "docs/ABUSE-CASES.md").read_text())
    index = {int(number): set(re.findall(r"`(test_abuse_\w+)`", names)) for number, names in rows}
    for number in sorted(tests.keys() | index.keys()):
        anew = f"docs/ABUSE-CASES.md, case {number}: `tools/abuse_index.py` writes it anew"
        assert index.get(number), f"{anew}; no test is named"
        assert index[number] <= tests.get(number, set()), f"{anew}; it names a test that is gone"
