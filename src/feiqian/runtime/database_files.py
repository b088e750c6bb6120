"""Whether the files of an SQLite database are still the ones that were opened.

What is written into a file that was moved, deleted or replaced is not found by the next start. SQLite does not notice.
Looks at names only (`stat`) and opens nothing: to close a second descriptor of a file would drop SQLite's locks on it.
"""

from __future__ import annotations

import os
from pathlib import Path

from feiqian.errors import FeiqianError

# What is not yet in the file itself stands in the log; a process that finds no index would make a second one, and two
# processes with an index each overwrite each other's rows.
_BESIDE = ("-wal", "-shm")


class DatabaseFiles:
    """The files of one database, by name, device and inode. Call `note` once the database has been opened and read.

    `moved` is the error that is raised. `alone` looks at the file only: where all connections may close and open again,
    SQLite itself makes a new log and a new index each time.
    """

    def __init__(self, path: Path, moved: type[FeiqianError], *, alone: bool = False) -> None:
        self._path, self._error = path.absolute(), moved
        self._beside = () if alone else _BESIDE
        self._first = file_number(self._path)  # None: it is made now
        self._seen: list[tuple[str, int, int]] = []

    def note(self) -> None:
        """Remembers the files. Raises the error if the database's was exchanged since this was made."""
        path = str(self._path)
        names = [path, *(f"{_linked(path)}{ending}" for ending in self._beside)]
        found = [(name, *number) for name in names if (number := file_number(name)) is not None]
        if len(found) != len(names) or self._first not in (None, found[0][1:]):
            raise self._moved(path)
        self._seen = found

    def check(self) -> None:
        """Raises the error unless each name still leads to the file that was noted. Takes some microseconds."""
        name = ""
        try:
            for name, device, inode in self._seen:
                found = os.stat(name)
                if found.st_ino != inode or found.st_dev != device:
                    raise self._moved(name)
        except OSError as error:
            raise self._moved(name) from error

    def _moved(self, name: str) -> FeiqianError:
        return self._error(
            f"{name} was moved, deleted or replaced while it was open: what is written now would be lost at the next"
            " start. Put the file that was there back (with its -wal), and start again"
        )


def file_number(name: str | Path) -> tuple[int, int] | None:
    """Device and inode, which tell a file from another of the same name; None where nothing is found."""
    try:
        found = os.stat(name)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _linked(path: str) -> str:
    """What the last part of the path stands for, where it is a symbolic link: SQLite puts its log beside that file."""
    while os.path.islink(path):
        path = os.path.join(os.path.dirname(path), os.readlink(path))
    return path
