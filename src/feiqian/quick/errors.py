"""What quick payment refuses."""

from __future__ import annotations

from feiqian.errors import FeiqianError


class QuickRefused(FeiqianError):
    """The service cannot be changed so as things stand. `reason`: account, frozen, number, staff, state."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"quick payment cannot be changed so: {reason}")
        self.reason = reason


class NumberRefused(FeiqianError):
    """What was typed can be no account number of this bank: its length, beginning or check digit is wrong."""

    def __init__(self) -> None:
        super().__init__("that is no account number of this bank; look at its 19 digits again")


class QuickThrottled(FeiqianError):
    """Quick payment was asked for so often in a day that no more is taken. `of`: network or account."""

    def __init__(self, of: str) -> None:
        super().__init__(f"too many requests for this {of} today; come to a branch, or sign in")
        self.of = of
