"""The static files: read once at start, served under a path that names their content, so that browsers may keep them.

Those of this folder and of each feature's folder `static`, as one: scripts import each other by relative paths. The
version in the path is a hash over all files.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

FOLDERS = sorted(Path(__file__).parents[1].glob("*/static"))
TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}  # texts are said to be UTF-8 by the framework
FOREVER = "public, max-age=31536000, immutable"


def _read_all() -> dict[str, bytes]:
    found = [(path.relative_to(folder).as_posix(), path) for folder in FOLDERS for path in folder.rglob("*")]
    files = {name: path.read_bytes() for name, path in sorted(found) if path.suffix in TYPES}
    assert len(files) == sum(path.suffix in TYPES for _, path in found), "two features have a static file of one name"
    return files


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
