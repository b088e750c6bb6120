"""The static files: read once at start, served under a path that names their content, so that browsers may keep them.

The version in the path is a hash over all files; modules import each other by relative paths and stay together.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

STATIC = Path(__file__).parent / "static"
TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}  # texts are said to be UTF-8 by the framework
FOREVER = "public, max-age=31536000, immutable"


def _read_all() -> dict[str, bytes]:
    files = sorted(path for path in STATIC.rglob("*") if path.suffix in TYPES)
    return {path.relative_to(STATIC).as_posix(): path.read_bytes() for path in files}


def _version(files: dict[str, bytes]) -> str:
    hasher = hashlib.blake2b(digest_size=8)
    for name, content in files.items():
        hasher.update(name.encode() + b"\0" + len(content).to_bytes(8, "big") + content)
    return hasher.hexdigest()


_files = _read_all()
VERSION = _version(_files)


def url(name: str) -> str:
    """The address of a static file. Raises KeyError if there is none such."""
    if name not in _files:
        raise KeyError(name)
    return f"/static/{VERSION}/{name}"


def content(name: str) -> bytes:
    """What a static file holds. Raises KeyError if there is none such."""
    return _files[name]


@get("/static/{version:str}/{name:path}", include_in_schema=False, sync_to_thread=False)
def static_file(version: FromPath[str], name: FromPath[Path]) -> Response[bytes]:
    """One file. An old version's address gets today's file, but nobody may keep it."""
    content = _files.get(str(name).lstrip("/"))
    if content is None:
        raise NotFoundException()
    kind = TYPES[Path(str(name)).suffix]
    caching = FOREVER if version == VERSION else "no-cache"
    return Response(content, media_type=kind, headers={"Cache-Control": caching, "X-Content-Type-Options": "nosniff"})
