"""Small functions, small files, and a line or five at the head of each that says what it is."""

from __future__ import annotations

import ast
from collections.abc import Callable

from sources import Source

FUNCTION_LINES = 60
FILE_LINES = 500


def test_functions_are_short(python: list[Source], obeyed: Callable[..., None]) -> None:
    findings = [
        f"{source.path}:{node.lineno} {node.name} has {length} lines"
        for source in python
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION_LINES
    ]
    obeyed(findings, f"a function has at most {FUNCTION_LINES} lines.", "name its steps and take them out.")


def test_files_are_short(python: list[Source], obeyed: Callable[..., None]) -> None:
    findings = [
        f"{source.path} has {length} lines" for source in python if (length := source.text.count("\n")) > FILE_LINES
    ]
    obeyed(findings, f"a file has at most {FILE_LINES} lines.", "split it by verb (pay.py, refund.py).")


def test_modules_say_what_they_are(python: list[Source], obeyed: Callable[..., None]) -> None:
    findings = [
        source.path
        for source in python
        if ast.get_docstring(source.tree) is None and (source.text.strip() or "__init__" not in source.path)
    ]
    obeyed(findings, "a module opens by saying what it is and what it may not do.", "write one to five lines.")
