"""Calls in curl and in Python say what they are told to, also with what a shell or Python would take for its own."""

from __future__ import annotations

import ast
import json
import os
import shlex
from typing import Any

import pytest

from feiqian.web.v1.reference.samples import Called, curl, python

AWKWARD = {"name": 'O\'Brien "Bob" $HOME `id` \\n 李', "amount": 1250, "gift": True, "note": None, "items": [{"a": 1}]}


def test_curl_sends_the_body_as_it_is() -> None:
    words = shlex.split(curl(Called("POST", "http://localhost/v1/x", "FEIQIAN_KEY", AWKWARD)).replace("\\\n", ""))
    assert words[:2] == ["curl", "http://localhost/v1/x"]
    assert words[2:4] == ["-H", "Authorization: Bearer $FEIQIAN_KEY"]
    assert json.loads(words[words.index("-d") + 1]) == AWKWARD


def test_curl_posts_where_there_is_no_body_and_takes_the_id_from_the_environment() -> None:
    assert curl(Called("POST", "http://localhost/v1/x/{id}/cancel", "")) == (
        'curl "http://localhost/v1/x/$ID/cancel" \\\n  -X POST'
    )
    assert curl(Called("GET", "http://localhost/v1/x", "")) == "curl http://localhost/v1/x"


def asked(program: str) -> tuple[str, dict[str, Any]]:
    """Which function of httpx a program calls, and with what."""
    [call] = [
        node
        for node in ast.walk(ast.parse(program))
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("httpx.")
    ]
    given: dict[str, Any] = {str(one.arg): eval(ast.unparse(one.value), {"os": os}) for one in call.keywords}
    return ast.unparse(call.func), given | {"url": eval(ast.unparse(call.args[0]), {"os": os})}


def test_python_sends_the_body_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEIQIAN_SESSION", "session-1")
    monkeypatch.setenv("ID", "x_1")
    program = python(Called("POST", "http://localhost/v1/x/{id}", "FEIQIAN_SESSION", AWKWARD))
    name, given = asked(program)
    assert (name, given["url"], given["json"]) == ("httpx.post", "http://localhost/v1/x/x_1", AWKWARD)
    assert given["headers"] == {"Authorization": "Bearer session-1"}
    assert program.startswith("import os\n")
    bare = python(Called("GET", "http://localhost/v1/x", ""))
    assert bare.startswith("import httpx\n")
    assert asked(bare) == ("httpx.get", {"url": "http://localhost/v1/x"})


def test_a_key_is_sent() -> None:
    keyed = Called("POST", "http://localhost/v1/x", "", AWKWARD, key="makeX-1")
    words = shlex.split(curl(keyed).replace("\\\n", ""))
    assert words[2:4] == ["-H", "Idempotency-Key: makeX-1"]
    assert asked(python(keyed))[1]["headers"] == {"Idempotency-Key": "makeX-1"}
