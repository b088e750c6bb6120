"""The command line: reads settings, sets up logs, runs one command, turns errors into a sentence and an exit code."""

from __future__ import annotations

import argparse
import errno
import os
import sqlite3
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import cast

from feiqian import features, folder, settings
from feiqian.commands import audit, bench, checkpoint, project, serve
from feiqian.errors import FeiqianError
from feiqian.runtime import logs
from feiqian.settings import Settings, SettingsInvalid

Command = Callable[[Settings, argparse.Namespace], int]
EXIT_FAILED, EXIT_USAGE = 1, 2
# What the system says of a disk that is full, read-only, broken or not ours to write to.
_DISK = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EROFS,
    errno.EACCES,
    errno.EPERM,
    errno.EIO,
    errno.ESTALE,
    errno.EISDIR,
    errno.ENOTDIR,
}
_log = logs.get("feiqian.cli")
OF_FEATURES = (*features.modules("commands", features.GUESTS), *features.modules("commands"))
MODULES = (serve, *OF_FEATURES, audit, checkpoint, project, bench)

EPILOG = """\
first steps:
  feiqian demo                          a seeded bank with pages, on http://127.0.0.1:8080
  feiqian --data bank seed              a bank of your own, with customers and merchants to try it with
  feiqian --data bank serve             the JSON API (its description is at /v1/docs)
  feiqian --data bank keys create 1     an API key for merchant 1, shown once

settings come from a TOML file (--config or FEIQIAN_CONFIG), from the environment (FEIQIAN_DATA, FEIQIAN_PORT, …)
and from the options above, the later over the earlier:
"""


def parser() -> argparse.ArgumentParser:
    """The whole command line, with what `--help` teaches."""
    names = ", ".join(settings.NAMES)
    top = argparse.ArgumentParser(
        prog="feiqian",
        description="An electronic payment platform that a bank runs itself.",
        epilog=f"{EPILOG}  {names}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"feiqian {version('feiqian')}")
    top.add_argument("--config", metavar="FILE", help="a TOML file of settings")
    top.add_argument("--data", metavar="FOLDER", help="the data folder (default: var)")
    top.add_argument(
        "--log-level", choices=("debug", "info", "warning", "error"), help="what is logged (default: info)"
    )
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for module in MODULES:
        module.register(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command. Returns the exit code: 0 done, 1 refused or failed (said why), 2 wrong usage or settings."""
    options = parser().parse_args(arguments)
    os.umask(folder.OTHERS)  # whatever a command or a library writes is its owner's only
    given = {name: getattr(options, name, None) for name in ("data", "log_level", "host", "port", "mode")}
    try:
        chosen = settings.load(config=options.config, **given)
    except SettingsInvalid as error:
        return _say(error, EXIT_USAGE)
    logs.configure(chosen.log_level, chosen.log_format)
    try:
        return cast(Command, options.run)(chosen, options)
    except SettingsInvalid as error:
        return _say(error, EXIT_USAGE)
    except FeiqianError as error:
        return _say(error, EXIT_FAILED)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if (said := _of_storage(error)) is None:
            raise
        _log.debug("storage_failed", exc_info=True)
        return _say(said, EXIT_FAILED)


def _of_storage(error: Exception) -> str | None:
    """What is wrong with a disk or a database, or None if it is something else. Says no statement and no value."""
    cause = getattr(error, "orig", None) or error  # SQLAlchemy's errors carry the driver's
    psycopg = sys.modules.get("psycopg")  # slow to import, and not there where everything is embedded
    if isinstance(cause, OSError) and cause.errno in _DISK:
        what = f"a file cannot be used: {cause}"
    elif type(cause) in (sqlite3.OperationalError, sqlite3.DatabaseError):
        what = f"a database in the data folder cannot be used: {cause}"
    elif psycopg is not None and isinstance(cause, psycopg.OperationalError):
        what = f"a database cannot be used: {cause}"
    else:
        return None
    return f"{what}. Look at the disk (room, rights, whether it is mounted) and at the databases, then try again"


def _say(error: Exception | str, code: int) -> int:
    print(f"feiqian: {error}", file=sys.stderr)
    return code
