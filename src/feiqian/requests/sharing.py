"""Divides a bill: whole minor units, and the parts always sum to the total. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from feiqian.ledger.bounds import MAX_AMOUNT
from feiqian.money import MinorUnits
from feiqian.requests.errors import RequestInvalid
from feiqian.requests.model import MOST_PEOPLE, Bill, How

HIGHEST_SHARE = 1_000


def parts_of(bill: Bill) -> tuple[MinorUnits | None, list[MinorUnits]]:
    """The owner's own part (None: they have none), and those of `bill.people` in their order. Raises RequestInvalid."""
    own = [] if bill.mine is None else [bill.mine]
    shares = [*own, *(person.share for person in bill.people)]
    if not 0 < len(bill.people) <= MOST_PEOPLE:
        raise RequestInvalid("people", "too_few" if not bill.people else "too_many")
    if not 0 < bill.total <= MAX_AMOUNT:
        raise RequestInvalid("total")
    found = _exact(bill.total, shares) if bill.how is How.EXACT else _divided(bill, shares, len(own))
    if any(part <= 0 for part in found):
        raise RequestInvalid("total", "too_small")
    return (found[0], found[1:]) if own else (None, found)


def _exact(total: MinorUnits, shares: Sequence[int]) -> list[MinorUnits]:
    if any(not 0 < share <= MAX_AMOUNT for share in shares) or sum(shares) != total:
        raise RequestInvalid("shares", "sum")
    return [MinorUnits(share) for share in shares]


def _divided(bill: Bill, shares: Sequence[int], own: int) -> list[MinorUnits]:
    """What cannot be divided goes to who is named for it."""
    if bill.how is How.EQUAL:
        shares = [1] * len(shares)
    if any(not 0 < share <= HIGHEST_SHARE for share in shares):
        raise RequestInvalid("shares")
    place = bill.remainder - 1 + own
    if not 0 <= place < len(shares) or bill.remainder < 0:
        raise RequestInvalid("remainder")
    whole = sum(shares)
    parts = [bill.total * share // whole for share in shares]
    parts[place] += bill.total - sum(parts)
    return [MinorUnits(part) for part in parts]
