"""HTTP is a matter of the faces alone: of web/, and of what features call api and pages."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from sources import Source

MAY = {"app", "bench", "features", "serving", "testing", "web"}  # these carry the framework, serve it or measure it
FACES = {"api", "pages"}
FRAMEWORKS = ("litestar", "uvicorn", "starlette", "http.HTTPStatus", "httpx")


def http(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.keyword) and node.arg in ("status", "status_code", "http_status"):
            value = node.value
            if isinstance(value, ast.Constant) and isinstance(value.value, int) and 100 <= value.value <= 599:
                yield value.lineno, f"{node.arg}={value.value}"
            continue
        else:
            continue
        for name in names:
            if name.startswith(FRAMEWORKS):
                yield node.lineno, f"imports {name}"


def test_status_codes_live_in_the_faces(product: list[Source], obeyed: Callable[..., None]) -> None:
    findings = [
        f"{source.path}:{line} {what}"
        for source in product
        if source.module.split(".")[0] not in MAY and not FACES & set(source.module.split(".")[1:2])
        for line, what in http(source.tree)
    ]
    obeyed(
        findings,
        "features know nothing of HTTP.",
        "raise an error; PROBLEMS in the feature's api says which problem of web/v1 it is.",
    )
