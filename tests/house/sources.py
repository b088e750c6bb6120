"""A Python file as the house rules see it, and what it imports of the project."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """A Python file: its path from the root, its text, its syntax tree."""

    path: str
    text: str
    tree: ast.Module

    @property
    def module(self) -> str:
        """`src/feiqian/ledger/chart.py` is `ledger.chart`."""
        parts = self.path.removeprefix("src/feiqian/").removesuffix(".py").split("/")
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def line(self, number: int) -> str:
        return self.text.splitlines()[number - 1]


def imports(source: Source) -> Iterator[tuple[int, str]]:
    """The line and the project module (`ledger.chart`) or name in it (`ledger.chart.transfer`) of each import."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{origin(source, node)}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            if name.startswith("feiqian."):
                yield node.lineno, name.removeprefix("feiqian.")


def origin(source: Source, node: ast.ImportFrom) -> str:
    """The whole name of the module that is imported from, whether written out or relative."""
    if not node.level:
        return node.module or ""
    folder = source.path.removeprefix("src/").removesuffix(".py").split("/")[: -node.level]
    return ".".join([*folder, *([node.module] if node.module else [])])
