"""The static files: read once at start, served under a path that names their content, so that browsers may keep them.

Those of this folder and of each feature's folder `static`, as one: scripts import each other by relative paths. The
version in the path is a hash over all files. What is text is compressed once, at the start.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from base64 import b64encode
from pathlib import Path
from typing import Any

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from .bundles import SUFFIX, bundled

FOLDERS = sorted(Path(__file__).parents[1].glob("*/static"))
TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}  # texts are said to be UTF-8 by the framework
COMPRESSED = (".css", ".js", ".svg", ".webmanifest")
FOREVER = "public, max-age=31536000, immutable"


def _read_all() -> dict[str, bytes]:
    found = [(path.relative_to(folder).as_posix(), path) for folder in FOLDERS for path in folder.rglob("*")]
    files = {name: path.read_bytes() for name, path in sorted(found) if path.suffix in (*TYPES, SUFFIX)}
    assert len(files) == sum(path.suffix in (*TYPES, SUFFIX) for _, path in found), (
        "two features have a static file of one name"
    )
    return bundled(files)


def _version(files: dict[str, bytes]) -> str:
    hasher = hashlib.blake2b(digest_size=8)
    for name, content in files.items():
        hasher.update(name.encode() + b"\0" + len(content).to_bytes(8, "big") + content)
    return hasher.hexdigest()


_files = _read_all()
_small = {name: gzip.compress(_files[name], mtime=0) for name in _files if name.endswith(COMPRESSED)}
VERSION = _version(_files)


def url(name: str) -> str:
    """The address of a static file. Raises KeyError if there is none such."""
    if name not in _files:
        raise KeyError(name)
    return f"/static/{VERSION}/{name}"


def content(name: str) -> bytes:
    """What a static file holds. Raises KeyError if there is none such."""
    return _files[name]


def names() -> list[str]:
    """Of all static files."""
    return sorted(_files)


def hash_of(name: str) -> str:
    """What a policy names a style by that stands in a page (CSP 3, 2.3.1)."""
    return f"'sha256-{b64encode(hashlib.sha256(content(name)).digest()).decode()}'"


@get("/static/{version:str}/{name:path}", include_in_schema=False, sync_to_thread=False)
def static_file(request: Request[Any, Any, State], version: FromPath[str], name: FromPath[Path]) -> Response[bytes]:
    """One file. An old version's address gets today's file, but nobody may keep it."""
    file = str(name).lstrip("/")
    content = _files.get(file)
    if content is None:
        raise NotFoundException()
    caching = FOREVER if version == VERSION else "no-cache"
    headers = {"Cache-Control": caching, "X-Content-Type-Options": "nosniff"}
    if (small := _small.get(file)) is not None:
        headers["Vary"] = "Accept-Encoding"
        if takes_gzip(request.headers.get("accept-encoding", "")):
            content, headers["Content-Encoding"] = small, "gzip"
    return Response(content, media_type=TYPES[Path(file).suffix], headers=headers)


def takes_gzip(accepted: str) -> bool:
    """Whether the header `Accept-Encoding` names it, and does not refuse it (RFC 9110, 12.5.3)."""
    parts = (part.replace(" ", "").lower().partition(";q=") for part in accepted.split(","))
    return any(coding == "gzip" and not re.fullmatch(r"0(\.0*)?", quality) for coding, _, quality in parts)
