"""What somebody chose for an account, and why movements are told together."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from feiqian.ids import CustomerNumber
from feiqian.money import NOTHING, CurrencyNumber, MinorUnits
from feiqian.notify.model import Channel
from feiqian.notify.quiet import Quiet


class Choice(NamedTuple):
    """Which movements are told, and by which channels; by none: not at all. `threshold` in minor units."""

    channels: tuple[Channel, ...] = ()
    threshold: MinorUnits = NOTHING
    quiet: Quiet | None = None


class Reminder(NamedTuple):
    """What was chosen for an account of the ledger. `name` is a deposit account's id, or WALLET."""

    account: bytes
    customer: CustomerNumber
    name: str
    currency: CurrencyNumber
    choice: Choice


class Why(StrEnum):
    """Why movements are told together. The values are on disk."""

    QUIET = "quiet"
    MANY = "many"
