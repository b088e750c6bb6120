"""Money is counted in whole minor units: no floating point where money is decided."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from sources import Source

WHERE = ("money", "ledger", "payments", "events", "projections")
WAY_OUT = "# not money"


def floats(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == "float":
            yield node.lineno, "float"
        elif isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield node.lineno, repr(node.value)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and any(map(number, (node.left, node.right))):
            yield node.lineno, "/ (true division)"  # of two names, mypy finds it: the result is no int


def number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int)


def test_no_floats_where_money_is(product: list[Source], obeyed: Callable[..., None]) -> None:
    findings = [
        f"{source.path}:{line} {what}"
        for source in product
        if source.module.split(".")[0] in WHERE
        for line, what in floats(source.tree)
        if WAY_OUT not in source.line(line)
    ]
    obeyed(
        findings,
        f"no floating point in {', '.join(WHERE)}: sums of minor units are exact or they are wrong.",
        f"count in whole units; for a time or a rate, end the line with '{WAY_OUT}: what it is'.",
    )
