"""The data folder: private to its user whatever the umask is, and locked by the one process that writes the books.

The lock is the kernel's (flock on the folder itself), so it ends with its process, however that ends, and leaves
nothing behind. Knows nothing of what the files hold.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
from pathlib import Path

from feiqian.errors import FolderLocked, FolderOfAnother

FOLDER_MODE, FILE_MODE = 0o700, 0o600
KIND = "made-for"  # the file that says so
OTHERS = 0o077  # what group and others may do


def make_folder(path: Path) -> None:
    """Makes a folder that only its owner may enter, where there is none; one that is there is left as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=FOLDER_MODE)
        path.chmod(FOLDER_MODE)  # the umask may have taken rights from the owner, too


def make_file(path: Path) -> None:
    """Makes an empty file that only its owner may read, where there is none.

    SQLite gives the files beside a database (-wal, -shm, -journal) the mode of the database. A file that is there is
    not opened: closing it again would drop the locks that SQLite holds on it in this process.
    """
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, FILE_MODE)
        try:
            os.fchmod(descriptor, FILE_MODE)
        finally:
            os.close(descriptor)


def mark(folder: Path, kind: str) -> None:
    """Says in the folder what kind of bank it is made for. The folder of a bank that is served has no mark."""
    made = folder / KIND
    made.touch(mode=FILE_MODE)
    made.write_text(kind)


def check_mark(folder: Path, kind: str) -> None:
    """Raises FolderOfAnother for a folder that was made for another kind of bank; an empty one was made for none."""
    try:
        found = (folder / KIND).read_text().strip()
    except FileNotFoundError:
        found = ""
    if found != kind and (found or any(folder.iterdir())):
        theirs, asked = (f"a {name}" if name else "a bank that is served" for name in (found, kind))
        raise FolderOfAnother(f"the data folder {folder} is that of {theirs}, and not of {asked}; choose another")


def open_to_others(folder: Path) -> list[str]:
    """The folder itself (as `.`) and the files in it that group or others may read, write or enter, by name."""
    found = [("." if path == folder else path.name, path) for path in (folder, *sorted(folder.iterdir()))]
    return [name for name, path in found if not path.is_symlink() and stat.S_IMODE(path.stat().st_mode) & OTHERS]


class FolderLock:
    """Held by the one process that decides over what is in these folders, as long as this object is open.

    Taken without waiting. Raises FolderLocked, naming the process that holds it where the system tells. Child processes
    do not inherit it: descriptors that Python opens are closed when another program is started.
    """

    def __init__(self, *folders: Path) -> None:
        self._descriptors: list[int] = []
        try:
            for folder in sorted({folder.resolve() for folder in folders}):
                self._take(folder)
        except BaseException:
            self.close()
            raise

    def _take(self, folder: Path) -> None:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        self._descriptors.append(descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise FolderLocked(f"the folder {folder} cannot be locked: {error.strerror}") from error
            raise FolderLocked(
                f"another process{_holder(descriptor)} works on the data folder {folder}; it goes on, and this one"
                " ends. Stop that one first: the lock ends with its process"
            ) from None

    def close(self) -> None:
        """Gives the lock back; closing twice does nothing."""
        descriptors, self._descriptors = self._descriptors, []
        for descriptor in descriptors:
            os.close(descriptor)


def _holder(descriptor: int) -> str:
    """` (pid)` of whoever holds the lock on this file, or nothing where /proc does not say."""
    status = os.fstat(descriptor)
    place = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    try:
        lines = Path("/proc/locks").read_text().splitlines()
    except OSError:
        return ""
    for fields in map(str.split, lines):
        if len(fields) > 5 and fields[1] == "FLOCK" and fields[5] == place:
            return f" ({fields[4]})"
    return ""
