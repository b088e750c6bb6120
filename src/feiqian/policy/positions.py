"""On which line of a TOML file a key stands, so that who wrote it can be told where it is wrong.

`tomllib` reads the file and refuses what is no TOML; this only finds again what it has read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

Path = tuple[str | int, ...]

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(#.*)?\Z")
_KEY = re.compile(r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'')


def positions(text: str) -> dict[Path, int]:
    """The line (from 1) of each table and key, by its path; array tables are counted from 0."""
    found: dict[Path, int] = {(): 1}
    counts: dict[Path, int] = {}
    table: Path = ()
    for number, line in _statements(text):
        if header := _HEADER.match(line):
            table = _table(header[1] == "[[", _names(header[2]), counts)
            for end in range(1, len(table) + 1):
                found.setdefault(table[:end], number)
        elif key := _KEY.match(line):
            path = table + _names(key[1])
            found.setdefault(path, number)
            for inner in re.finditer(r"([A-Za-z0-9_-]+)\s*=", _STRING.sub('""', line[key.end() :])):
                found.setdefault((*path, inner[1]), number)
    return found


def line_of(path: Path, found: dict[Path, int]) -> int:
    """The line of the path, or of the nearest thing that holds it."""
    while path not in found:
        path = path[:-1]
    return found[path]


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """The lines that begin something: those inside a value of several lines are left out."""
    depth = 0
    for number, line in enumerate(text.splitlines(), 1):
        bare = _STRING.sub('""', line).split("#")[0]
        if depth <= 0 and bare.strip():
            yield number, line
        if depth > 0 or not _HEADER.match(line):
            depth += bare.count("[") + bare.count("{") - bare.count("]") - bare.count("}")


def _names(dotted: str) -> Path:
    return tuple(part.strip().strip("\"'") for part in re.findall(r'"[^"]*"|\'[^\']*\'|[^.]+', dotted))


def _table(array: bool, names: Path, counts: dict[Path, int]) -> Path:
    """The path of a table header; within an array of tables it is of the newest one."""
    path: Path = ()
    for name in names[:-1]:
        path = _newest((*path, name), counts)
    path = (*path, names[-1])
    if not array:
        return path
    counts[path] = counts.get(path, -1) + 1
    return (*path, counts[path])


def _newest(path: Path, counts: dict[Path, int]) -> Path:
    return (*path, counts[path]) if path in counts else path
