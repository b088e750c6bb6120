"""What two of the staff can change of deposit accounts."""

from __future__ import annotations

from feiqian.deposits.closing_changes import CloseAccount

CHANGES = (CloseAccount,)
