"""Files that are served as one: what they list and import, in its order, each in a scope of its own."""

from __future__ import annotations

import gzip
import shutil
import subprocess

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from feiqian.web import assets
from feiqian.web.bundles import BundleInvalid, bundled
from feiqian.web.security import INLINED, content_security_policy

A = """\
// Says.
const X = "a";

export const said = [X];
export function say(what) {
  said.push(what);
}
"""
C = """\
import { said, say as tell } from "./a.js";
import "./b.js";

tell("c");
console.log(said.join());
"""
SCRIPTS = {
    "js/all.bundle": b"js/b.js\njs/c.js\n",
    "js/a.js": A.encode(),
    "js/b.js": b'import { say } from "./a.js";\n\nconst X = "b";\nsay(X);\n',
    "js/c.js": C.encode(),
}


def test_modules_become_one_script_in_which_each_runs_once() -> None:
    made = bundled(SCRIPTS)
    assert made.keys() == SCRIPTS.keys() - {"js/all.bundle"} | {"js/all.js"}
    whole = made["js/all.js"].decode()
    assert whole.count("const said = [X];") == 1
    assert "Says" not in whole
    node = shutil.which("node")
    if node:  # where there is none, the browser's tests run the bundles
        assert subprocess.run([node, "-e", whole], capture_output=True, text=True, check=True).stdout == "a,b,c\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("js/all.bundle", b"js/none.js\n"),
        ("js/c.js", b'import { said }\n  from "./a.js";\n'),
        ("js/c.js", b'import all from "./a.js";\n'),
        ("js/c.js", b"export default 1;\n"),
        ("js/a.js", b'import "./c.js";\n'),
        ("js/all.js", b"there already"),
    ],
)
def test_what_it_cannot_take_in_is_refused_at_the_start(name: str, text: bytes) -> None:
    with pytest.raises(BundleInvalid):
        bundled({**SCRIPTS, name: text})


def test_styles_are_one_after_another_without_comments() -> None:
    made = bundled(
        {
            "css/x.bundle": b"css/b.css\ncss/a.css",
            "css/a.css": b"a { color: red; }\n",
            "css/b.css": b"/* b */\nb {\n  top: 0;\n}\n",
        }
    )
    assert made["css/x.css"] == b"b {\ntop: 0;\n}\na { color: red; }"


def test_what_pages_hold_is_named_in_their_policy_by_its_hash() -> None:
    assert len(INLINED) >= 2
    for name in INLINED:
        assert assets.hash_of(name) in content_security_policy(framed=False)
    assert "unsafe" not in content_security_policy(framed=False)


@pytest.mark.parametrize(
    ("accepted", "small"),
    [
        ("gzip, br", True),
        ("br, GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0", False),
        ("br", False),
        ("", False),
    ],
)
def test_a_file_is_compressed_for_who_takes_it(accepted: str, small: bool) -> None:
    with TestClient(Litestar([assets.static_file], openapi_config=None)) as client:
        with client.stream("GET", assets.url("css/base.css"), headers={"Accept-Encoding": accepted}) as answer:
            raw = b"".join(answer.iter_raw())
        assert (answer.headers.get("content-encoding") == "gzip") is small
        assert answer.headers["vary"] == "Accept-Encoding"
        assert (gzip.decompress(raw) if small else raw) == assets.content("css/base.css")
