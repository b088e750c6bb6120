"""How an operation is called, as text that runs as it stands: in a shell with curl, and in Python without libraries.

Both read the key or the session's token, and the id in the path, from the environment.
"""

from __future__ import annotations

import json
import shlex
from typing import Any, NamedTuple

KEY, SESSION, ID = "FEIQIAN_KEY", "FEIQIAN_SESSION", "ID"


class Called(NamedTuple):
    """A call. `path` may have `{id}` in it; `token` names the variable with what goes into Authorization, or is "";
    `key` is an `Idempotency-Key`, or ""; `text`: what is answered is no JSON."""

    method: str
    url: str
    token: str
    body: Any = None
    key: str = ""
    text: bool = False


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
    told = "answer.read().decode()" if call.text else "json.dumps(json.load(answer), indent=2)"
    imports = [
        *([] if call.text else ["import json"]),
        *(["import os"] if call.token or "{id}" in call.url else []),
        "import urllib.request",
    ]
    url = f'"{call.url}"'
    if "{id}" in call.url:
        url = f'"{call.url}".format(id=os.environ["{ID}"])'
    lines = [*imports, "", f'request = urllib.request.Request({url}, method="{call.method}")']
    if call.token:
        lines.append(f'request.add_header("Authorization", "Bearer " + os.environ["{call.token}"])')
    if call.key:
        lines.append(f'request.add_header("Idempotency-Key", "{call.key}")')
    if call.body is not None:
        lines.append('request.add_header("Content-Type", "application/json")')
        lines.append(f"request.data = json.dumps({_python(call.body)}).encode()")
    return "\n".join(
        [
            *lines,
            "with urllib.request.urlopen(request) as answer:",
            f"    print({told})",
        ]
    )


def _json(body: Any) -> str:
    return json.dumps(body, indent=2, ensure_ascii=False).replace("\n", "\n  ")  # under the command


def _python(body: Any) -> str:
    """As JSON is indented; its three words are others in Python."""
    if not isinstance(body, dict) or not body:
        return repr(body)
    fields = "".join(f"    {json.dumps(name)}: {_literal(value)},\n" for name, value in body.items())
    return f"{{\n{fields}}}"


def _literal(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
