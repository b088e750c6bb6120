"""What the audit log refuses to take."""

from __future__ import annotations

from feiqian.errors import FeiqianError


class EntryRefused(FeiqianError):
    """An entry has what may not stand in the audit log: a secret by its name, an unknown kind of value, too much."""
