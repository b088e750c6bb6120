"""Calls in curl and in Python say what they are told to, also with what a shell or Python would take for its own."""

from __future__ import annotations

import ast
import json
import shlex

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


def test_python_sends_the_body_as_it_is() -> None:
    program = python(Called("POST", "http://localhost/v1/x/{id}", "FEIQIAN_SESSION", AWKWARD))
    dumped = next(
        node.args[0]
        for node in ast.walk(ast.parse(program))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "dumps"
    )
    assert ast.literal_eval(dumped) == AWKWARD
    assert '"http://localhost/v1/x/{id}".format(id=os.environ["ID"])' in program
    assert "import os\n" in program
    assert "import os\n" not in python(Called("GET", "http://localhost/v1/x", ""))


def test_a_key_is_sent_and_what_is_no_json_is_printed_as_it_is() -> None:
    keyed = Called("POST", "http://localhost/v1/x", "", AWKWARD, key="makeX-1")
    words = shlex.split(curl(keyed).replace("\\\n", ""))
    assert words[2:4] == ["-H", "Idempotency-Key: makeX-1"]
    assert 'request.add_header("Idempotency-Key", "makeX-1")' in python(keyed)
    assert python(Called("GET", "http://localhost/v1/x.csv", "", text=True)).endswith("print(answer.read().decode())")
