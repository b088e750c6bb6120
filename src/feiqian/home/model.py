"""How a customer wants to see what they have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Place(NamedTuple):
    """An account by its name in addresses (`wallet-CNY`, or its id), and whether the first page leaves it out."""

    name: str
    hidden: bool = False


def arranged(names: Iterable[str], places: Sequence[Place]) -> list[Place]:
    """These accounts in the order that was chosen; those that came since stand at the end, and are shown."""
    wanted = list(names)
    kept = [place for place in places if place.name in wanted]
    known = {place.name for place in kept}
    return kept + [Place(name) for name in wanted if name not in known]


def moved(places: Sequence[Place], name: str, by: int) -> list[Place]:
    """With one of them so many places further down; as far as there are places."""
    at = next((n for n, place in enumerate(places) if place.name == name), None)
    if at is None:
        return list(places)
    rest = [place for place in places if place.name != name]
    to = min(max(at + by, 0), len(rest))
    return [*rest[:to], places[at], *rest[to:]]


def switched(places: Sequence[Place], name: str, *, hidden: bool) -> list[Place]:
    """With one of them left out, or not."""
    return [place._replace(hidden=hidden) if place.name == name else place for place in places]
