"""What quick payment refuses."""

from __future__ import annotations

from feiqian.errors import FeiqianError


class QuickRefused(FeiqianError):
    """The service cannot be changed so as things stand. `reason`: account, frozen, number, staff, state."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"quick payment cannot be changed so: {reason}")
        self.reason = reason
