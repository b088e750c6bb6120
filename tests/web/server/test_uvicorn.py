"""The parts of uvicorn that our server's classes override, copy or call are those that they were written against."""

from __future__ import annotations

import inspect
import re
import tomllib
from hashlib import sha256
from pathlib import Path

import pytest
import uvicorn
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

ROOT = Path(__file__).parents[3]
READ_AGAINST: dict[type, str] = {
    HttpToolsProtocol: "18fdf324b11bf160",
    RequestResponseCycle: "e67d470d435dcc1c",
    FlowControl: "126debcdaa894c83",
    ServerState: "f2260fbf10154746",
    uvicorn.Server: "06e799f7c58f8be6",
}
WHAT_TO_DO = (
    "{} of uvicorn {} is not what web/server/server.py was written against. Compare it with GatedProtocol, Exchange "
    "and Server there, which override and in part copy it; bring them up to date, run tests/web/server, and then put down "
    "its digest here: {}"
)


@pytest.mark.parametrize("of", READ_AGAINST, ids=lambda of: of.__name__)
def test_what_we_lean_on_in_uvicorn_is_what_it_was(of: type) -> None:
    digest = sha256(inspect.getsource(of).encode()).hexdigest()[:16]
    assert digest == READ_AGAINST[of], WHAT_TO_DO.format(of.__name__, uvicorn.__version__, digest)


def test_uvicorn_is_pinned_to_the_version_that_is_installed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pins = [line for line in project["dependencies"] if re.match("uvicorn\\b", line)]
    assert pins == [f"uvicorn=={uvicorn.__version__}"], "pyproject.toml pins uvicorn exactly (decision 29)"
    assert f"\nuvicorn=={uvicorn.__version__} " in (ROOT / "requirements.lock").read_text()
