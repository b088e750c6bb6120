"""The service as others see it. Times in Unix microseconds."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from feiqian.deposits.model import DepositAccount


class QuickState(StrEnum):
    """Whether an account can be paid from by quick payment."""

    CLOSED = "closed"  # or never opened
    OPEN = "open"
    PAUSED = "paused"


class Way(StrEnum):
    """How the service was opened the last time."""

    WALLET = "wallet"  # by its holder, signed in
    STAFF = "staff"
    PAGE = "page"  # by its holder, not signed in


class Pause(StrEnum):
    """Why it is paused. What staff have paused, only staff resume."""

    NOT = ""
    HOLDER = "holder"
    STAFF = "staff"
    NUMBER_CHANGED = "number_changed"  # another mobile number is on file than when it was opened
    NUMBER_REASSIGNED = "reassigned"  # the telephone company has given the number to somebody else


class Quick(NamedTuple):
    """The service of one account."""

    account: DepositAccount
    state: QuickState
    pause: Pause
    way: Way | None  # None: never opened
    opened_at: int  # 0: never
    changed_at: int  # 0: never
