"""What is refused to those who would be customers, and in the real-name check."""

from __future__ import annotations

from feiqian.customers.errors import CustomersError


class DocumentRefused(CustomersError):
    """Nobody can become a customer with this document. `reasons` are words of the texts "identity.reason."."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__(f"the document cannot be taken: {', '.join(reasons)}")
        self.reasons = reasons


class AlreadyChecked(CustomersError):
    """Who the customer is has been checked already, or is being checked."""


class ChecksUsedUp(CustomersError):
    """As many identity checks as a customer may have in a day; documents are not to be tried out."""


class LevelUnknown(CustomersError):
    """The policy has no level of this name."""
