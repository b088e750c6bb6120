"""What supporters see of deposit accounts."""

from __future__ import annotations

from feiqian.deposits.statement_support import Movements

SUPPORT = (Movements,)
