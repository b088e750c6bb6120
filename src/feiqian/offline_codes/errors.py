"""Why no codes are given ahead."""

from __future__ import annotations

from feiqian.errors import FeiqianError


class NoCodesAhead(FeiqianError):
    """This phone gets no codes of the coming minutes now. The text says why."""
