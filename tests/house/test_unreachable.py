"""No statement follows one that leaves its block: it would never run, and nothing says so."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from itertools import pairwise

from sources import Source

LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)


def dead(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            for before, after in pairwise(block) if isinstance(block, list) else ():
                if isinstance(before, LEAVES):
                    yield f"{source.path}:{after.lineno} {source.line(after.lineno).strip()[:80]}"


def test_nothing_stands_after_what_leaves_its_block(python: list[Source], obeyed: Callable[..., None]) -> None:
    found = [place for source in python for place in dead(source)]
    obeyed(found, "what stands after a return never runs.", "take it away, or put it before.")
