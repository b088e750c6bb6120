"""What can be wrong with a request about a customer's accounts. Nothing was changed by it."""

from __future__ import annotations

from feiqian.errors import FeiqianError


class AccountsError(FeiqianError):
    """The accounts cannot be changed so."""


class NoWallet(AccountsError):
    """The customer has no wallet (in this currency)."""


class CorrectionConflict(AccountsError):
    """The correction's reference was used before, for another customer, currency or amount."""


class CorrectionRefused(AccountsError):
    """The ledger refused the correction, and keeps refusing its reference. `refusal` is the engine's name for why."""

    def __init__(self, refusal: str) -> None:
        super().__init__(f"the ledger refused the correction: {refusal}")
        self.refusal = refusal
