"""A Python file as the house rules see it."""

from __future__ import annotations

import ast
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
