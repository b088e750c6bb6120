"""How much one event may move, and how much an account may have moved in total. Checked where events are built.

The engine allows more (64 bits without a sign); what is derived from the journal adds up in SQL, with a sign.
"""

from __future__ import annotations

from collections import defaultdict

from feiqian.errors import FeiqianError

from .engine import EVENT, Engine, Type

MAX_AMOUNT = 2**53 - 1  # minor units of one event; the largest integer that every JSON reader keeps exactly
MAX_SUM = 2**62  # minor units that are brought in to, or taken out of, one account; half of what SQL can hold

_BOUNDED = frozenset({int(Type.TRANSFER), int(Type.HOLD), int(Type.CAPTURE)})


class BoundExceeded(FeiqianError):
    """Nothing was posted. `reason` is `amount` (one event moves too much) or `sum` (an account's total would)."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


def checked(amount: int) -> int:
    """The amount. Raises BoundExceeded if one event may not move so much."""
    if amount > MAX_AMOUNT:
        raise BoundExceeded("amount", f"{amount} minor units are more than one event may move ({MAX_AMOUNT})")
    return amount


def check_sums(engine: Engine, events: bytes) -> None:
    """For events that bring money in or take it out. Raises BoundExceeded if an account's total would be too large.

    Totals of debits and credits count separately, as of all time: they bound every balance and every sum of lines.
    """
    added: dict[tuple[bytes, bool], int] = defaultdict(int)
    for type_, _, _, _, amount, _, debit, credit, _ in EVENT.iter_unpack(events):
        if type_ in _BOUNDED:
            checked(amount)
        if type_ == Type.TRANSFER:
            added[debit, False] += amount
            added[credit, True] += amount
    for (id, is_credit), amount in added.items():
        account = engine.account(id)
        before = 0 if account is None else account.credits_posted if is_credit else account.debits_posted
        if before + amount > MAX_SUM:
            side = "credited" if is_credit else "debited"
            raise BoundExceeded("sum", f"account {id.hex()} would have been {side} more than {MAX_SUM} minor units")
