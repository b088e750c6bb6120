"""Bounds on what callers of the API may ask for: the shares of payments under way, and the rates of everything else."""

from __future__ import annotations

from feiqian.runtime.shares import Admission, Throttle

ReadThrottle = Throttle

__all__ = ["Admission", "ReadThrottle"]
