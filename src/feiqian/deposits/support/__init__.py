"""What supporters see of deposit accounts."""

from __future__ import annotations

from .accounts import DepositAccounts
from .movements import Movements

SUPPORT = (DepositAccounts, Movements)
