"""What can be wrong with an intent."""

from __future__ import annotations

from feiqian.errors import FeiqianError


class IntentPending(FeiqianError):
    """One of this kind and subject is being carried out, or will be."""


class IntentRefused(FeiqianError):
    """The ledger will never do it: the intent ends. The text says why."""
