"""What the trail refuses to take."""

from __future__ import annotations

from feiqian.errors import FeiqianError


class EntryRefused(FeiqianError):
    """An entry has what may not stand in the trail: a secret by its name, a kind of value unknown here, too much."""
