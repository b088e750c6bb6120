"""How an operation is called, as text that runs as it stands: in a shell with curl, and in Python with httpx.

Both read the key or the session's token, and the id in the path, from the environment.
"""

from __future__ import annotations

import json
import shlex
from typing import Any, NamedTuple

KEY, SESSION, ID = "FEIQIAN_KEY", "FEIQIAN_SESSION", "ID"


class Called(NamedTuple):
    """A call. `path` may have `{id}` in it; `token` names the variable with what goes into Authorization, or is "";
    `key` is an `Idempotency-Key`, or ""."""

    method: str
    url: str
    token: str
    body: Any = None
    key: str = ""


def curl(call: Called) -> str:
    """One command."""
    parts = [f'curl "{call.url.replace("{id}", f"${ID}")}"' if "{id}" in call.url else f"curl {call.url}"]
    if call.method == "POST" and call.body is None:
        parts.append("-X POST")
    if call.token:
        parts.append(f'-H "Authorization: Bearer ${call.token}"')
    if call.key:
        parts.append(f"-H 'Idempotency-Key: {call.key}'")
    if call.body is not None:
        parts += ["-H 'Content-Type: application/json'", f"-d {shlex.quote(_json(call.body))}"]
    return " \\\n  ".join(parts)


def python(call: Called) -> str:
    """One program, which prints the answer."""
    imports = ["import os", ""] if call.token or "{id}" in call.url else []
    url = f'f"{call.url.replace("{id}", _variable(ID))}"' if "{id}" in call.url else f'"{call.url}"'
    arguments = [url, *_headers(call)]
    if call.body is not None:
        arguments.append(f"json={_python(call.body)}")
    lines = [f"answer = httpx.{call.method.lower()}(", *(f"    {argument}," for argument in arguments), ")"]
    return "\n".join([*imports, "import httpx", "", *lines, "print(answer.text)"])


def _headers(call: Called) -> list[str]:
    headers = [f'"Authorization": f"Bearer {_variable(call.token)}"'] if call.token else []
    headers += [f'"Idempotency-Key": "{call.key}"'] if call.key else []
    return [f"headers={{{', '.join(headers)}}}"] if headers else []


def _variable(name: str) -> str:
    return f"{{os.environ['{name}']}}"


def _json(body: Any) -> str:
    return json.dumps(body, indent=2, ensure_ascii=False).replace("\n", "\n  ")  # under the command


def _python(body: Any) -> str:
    """As JSON is indented; its three words are others in Python."""
    if not isinstance(body, dict) or not body:
        return repr(body)
    fields = "".join(f"        {json.dumps(name)}: {_literal(value)},\n" for name, value in body.items())
    return f"{{\n{fields}    }}"


def _literal(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
