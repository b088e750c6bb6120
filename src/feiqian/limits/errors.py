"""What is refused of a customer's own limits."""

from __future__ import annotations

from feiqian.errors import FeiqianError


class OwnLimitInvalid(FeiqianError):
    """This limit cannot be set. `reason`: currency (nothing is paid in it), above_bank (more than the bank allows),
    unset (there is none to take away), or nothing_waits."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"this limit cannot be set: {reason}")
        self.reason = reason


class OwnLimitRises(FeiqianError):
    """It would be higher than it is: that has to be proved, and waits."""
