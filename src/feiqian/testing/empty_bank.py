"""An empty bank's database, made once in a run and copied: making its tables takes longer than most tests."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from feiqian.db import BankDb
from feiqian.folder import make_folder


def empty_bank(folder: Path, url: str = "") -> BankDb:
    """Opens the database in the folder, or at the URL; where there is none in the folder, a copy of an empty one."""
    if not url and not (folder / "bank.db").exists():
        make_folder(folder)
        shutil.copy(_made(), folder / "bank.db")
    return BankDb(folder, url)


@cache
def _made() -> Path:
    """What is missing in it, because a feature was imported later, is added when a copy is opened."""
    folder = Path(tempfile.mkdtemp(prefix="feiqian-empty-"))
    atexit.register(shutil.rmtree, folder)
    BankDb(folder).close()  # the last connection leaves no log beside the file
    return folder / "bank.db"
