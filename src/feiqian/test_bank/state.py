"""What stands beside a test bank in its folder, for itself and for the command line: little is loaded to read it."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from feiqian.errors import FeiqianError
from feiqian.folder import FILE_MODE
from feiqian.settings import Settings

DATA = "var-test-bank"  # unless another folder is named
STATE = "test-bank.json"


class BankRefused(FeiqianError):
    """The test bank cannot run, or be asked, as it should. Says why."""


class State(msgspec.Struct, frozen=True):
    """What is kept beside the bank: the shop's key, how far ahead the clock is (µs), and where it was last served."""

    key: str
    ahead: int = 0
    url: str = ""


def read_state(folder: Path) -> State:
    """Raises BankRefused where there is none."""
    try:
        return msgspec.json.decode((folder / STATE).read_bytes(), type=State)
    except (OSError, msgspec.DecodeError):
        raise BankRefused(f"there is no test bank in {folder}: start one with feiqian test-bank") from None


def write_state(folder: Path, state: State) -> None:
    """Whole or not at all, for its owner only."""
    beside = folder / f".{STATE}"
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE), "wb") as file:
        file.write(msgspec.json.encode(state))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(folder / STATE)


def data_of(settings: Settings) -> Path:
    """The folder that is meant."""
    return Path(DATA if settings.data == Settings().data else settings.data)
