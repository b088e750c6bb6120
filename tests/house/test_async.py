"""Asynchronous code ends when it is cancelled."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any


def test_nothing_waits_in_a_way_that_loses_a_cancellation(product: list[Any], obeyed: Callable[..., None]) -> None:
    found = [
        f"{source.path}:{node.lineno}"
        for source in product
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute) and node.attr == "wait_for" and isinstance(node.value, ast.Name)
        if node.value.id == "asyncio"
    ]
    rule = "asyncio.wait_for of Python 3.11 goes on if it is cancelled just as what it waits for is done."
    obeyed(found, rule, "wait within `async with asyncio.timeout(...)`.")
