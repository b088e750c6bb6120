"""Money is counted in whole minor units, and what people type as an amount is read in one way everywhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

from sources import Source, imports

from feiqian import features

WHERE = {"money", "ledger", "events", "projections", *features.FEATURES} - {"auth", "kyc", "notify"}  # these count none
TIME = re.compile(r"(?i)seconds|_ms\b|# not money")  # a float may say how long something takes


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
        if not TIME.search(source.line(line))
    ]
    obeyed(
        findings,
        f"no floating point in {', '.join(sorted(WHERE))}: sums of minor units are exact or they are wrong.",
        "count in whole units; a time says its unit (timeout_seconds); else: '# not money: what it is'.",
    )


def test_what_a_person_typed_is_read_in_one_way(product: list[Source], obeyed: Callable[..., None]) -> None:
    findings = [
        f"{source.path}:{line} parse"
        for source in product
        if {"pages", "changes"} & set(source.module.split("."))
        for line, name in imports(source)
        if name == "money.parse"
    ]
    obeyed(
        findings,
        "pages and staff's changes read amounts by `money.parse_typed`: a comma and full-width digits are no mistakes.",
        "use parse_typed; `parse` is for files and settings.",
    )
