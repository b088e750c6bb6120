"""Asks the features what their transfers are. Decides nothing, and knows no feature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from feiqian.activity.model import Movement, of_line, of_unmoved
from feiqian.ids import CustomerNumber
from feiqian.payments.movement_kinds import Described, Details, Line, MovementKind, Unmoved

UNKNOWN = Described("activity.what.other")


class Describing:
    """All kinds that features declare; what none declares is described as something that moved."""

    def __init__(self, kinds: Sequence[MovementKind]) -> None:
        self.kinds = tuple(kinds)
        self._by_number: Mapping[int, MovementKind] = {n: kind for kind in self.kinds for n in kind.kinds}
        self.between_own = frozenset(n for kind in self.kinds for n in kind.between_own)

    async def movements(self, customer: CustomerNumber, lines: Sequence[Line]) -> list[Movement]:
        """The movements of these lines, in their order."""
        return [of_line(*pair) for pair in zip(lines, await self.describe(customer, lines), strict=True)]

    async def describe(self, customer: CustomerNumber, lines: Sequence[Line]) -> list[Described]:
        """What each of these lines is, in their order."""
        told: dict[int, Described] = {}
        for kind in self.kinds:
            of_it = [n for n, line in enumerate(lines) if line.entry.kind in kind.kinds]
            if of_it:
                words = await kind.describe(customer, [lines[n] for n in of_it])
                told.update(zip(of_it, words, strict=True))
        return [told.get(n, UNKNOWN) for n in range(len(lines))]

    async def unmoved(self, customer: CustomerNumber, n: int, before: tuple[int, int], limit: int) -> list[Movement]:
        """Those of the kind that is the n-th."""
        found = await self.kinds[n].unmoved(customer, before, limit)
        return [of_unmoved(it, stream_of(n)) for it in found]

    async def find(self, customer: CustomerNumber, id: str) -> Movement | int | None:
        """What has not moved; or when it moved; None: no kind knows it."""
        for n, kind in enumerate(self.kinds):
            found = await kind.find(customer, id)
            if isinstance(found, Unmoved):
                return of_unmoved(found, stream_of(n))
            if found is not None:
                return found
        return None

    async def details(self, customer: CustomerNumber, it: Movement) -> Details:
        if it.unmoved is not None:
            return await self.kinds[-it.place.stream].details_of_unmoved(customer, it.unmoved)
        assert it.line is not None
        kind = self._by_number.get(it.kind)
        return Details() if kind is None else await kind.details(customer, it.line, it.described)


def stream_of(n: int) -> int:
    """The stream of what has not moved of the n-th kind: accounts have those above 0."""
    return -n
