"""Freezing and thawing a customer's wallets: in the engine at once, and marked with who did it."""

from __future__ import annotations

from feiqian.customers.parts import Parts
from feiqian.subjects import Subject


class Freezing:
    """For customers by `Security`, for staff directly. What a member of staff froze, only staff thaw."""

    def __init__(self, parts: Parts) -> None:
        self._p = parts

    async def freeze(self, customer: int, by: Subject) -> None:
        """Nothing leaves the wallets when this returns. Again: nothing more happens. Raises CustomerNotFound."""
        raise NotImplementedError

    async def unfreeze(self, customer: int, by: Subject) -> None:
        """By staff, as approved. Raises NotFrozen, CustomerNotFound."""
        raise NotImplementedError
