"""What money locks refuse."""

from __future__ import annotations

from feiqian.errors import FeiqianError


class LockNotFound(FeiqianError):
    """There is no such lock, or it is somebody else's."""


class LockRefused(FeiqianError):
    """This amount cannot be locked. `reason`: amount, account, stopped, insufficient, too_many, or reference."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"this cannot be locked: {reason}")
        self.reason = reason


class LockStateDiffers(FeiqianError):
    """The lock is not in the state that this needs (any more). `state` is what it is instead."""

    def __init__(self, state: str) -> None:
        super().__init__(f"a lock that is {state} does not allow this")
        self.state = state
