"""What the first page refuses."""

from __future__ import annotations

from feiqian.errors import FeiqianError


class ArrangementInvalid(FeiqianError):
    """Accounts cannot be arranged as was asked: one is named twice, or is none of theirs."""
