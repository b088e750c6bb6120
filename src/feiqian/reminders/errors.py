"""What the choice of reminders refuses."""

from __future__ import annotations

from feiqian.errors import FeiqianError


class RemindersInvalid(FeiqianError):
    """Reminders cannot be as was asked. `reason` is the word for it: account, currency, amount, quiet,
    too_often."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"reminders cannot be as was asked: {reason}")
        self.reason = reason
