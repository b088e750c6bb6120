"""What two of the staff can change of deposit accounts: a new one, its state, and closing it."""

from __future__ import annotations

from .accounts import OpenAccount, SetAccountState
from .closing import CloseAccount

CHANGES = (OpenAccount, SetAccountState, CloseAccount)
