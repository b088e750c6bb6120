"""What is wrong with a form is said at a field that a page has, or above the form."""

from __future__ import annotations

import ast
import re
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "src" / "feiqian"
_DRAWN = re.compile(r'\w+\(form, "(\w+)"')  # by a macro of parts/forms.html
_NAMED = re.compile(r'\bname="(\w+)"|e-(\w+)"')


def names_in_code() -> dict[str, str]:
    """Each literal name that a handler calls wrong, and where."""
    found = {}
    for path in PACKAGE.glob("*/pages/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "wrong":
                for part in ast.walk(node.args[0]):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value:
                        found[part.value] = f"{path.name}:{node.lineno}"
    return found


def test_every_field_that_can_be_wrong_is_drawn_by_some_page() -> None:
    templates = "".join(path.read_text() for path in PACKAGE.glob("*/templates/**/*.html"))
    drawn = set(_DRAWN.findall(templates)) | {a or b for a, b in _NAMED.findall(templates)}
    missing = {name: where for name, where in names_in_code().items() if name not in drawn}
    assert not missing
    assert len(names_in_code()) > 10
