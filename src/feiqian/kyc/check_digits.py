"""The check digit of machine-readable documents (ICAO Doc 9303, part 3, 4.9). Pure."""

from __future__ import annotations

_WEIGHTS = (7, 3, 1)


def weighted_731(field: str) -> int:
    """Digits as they are, A to Z as 10 to 35, filler as 0, weighted 7 3 1, modulo 10."""
    return sum(_value(c) * _WEIGHTS[i % 3] for i, c in enumerate(field)) % 10


def _value(character: str) -> int:
    return 0 if character == "<" else int(character, 36)
