"""Gives a payer's limits back what was counted when money was held that nobody has taken. Pure.

Only amounts of a day, a month or a year: how often somebody has paid without proof, and what came in a row since the
last strong authentication, was so, whatever became of the money. The ledger gives back nothing of a period before.
"""

from __future__ import annotations

from feiqian.accounts.kinds import AllowanceKind
from feiqian.ledger import chart
from feiqian.ledger.engine import EVENT, Period, Type, period_number
from feiqian.limits.bounds import PERIODS
from feiqian.limits.kinds import KINDS, LimitAllowanceKind
from feiqian.money import MinorUnits

_ID_SIZE = 16
_PERIOD_OF: dict[int, Period] = {int(kind): PERIODS[span] for (_, span), kind in KINDS.items()}
_PERIOD_OF |= {
    int(AllowanceKind.DAY_AMOUNT): Period.DAY,
    int(LimitAllowanceKind.DAY_ONE_FACTOR): Period.DAY,
    int(LimitAllowanceKind.DAY_TWO_FACTORS): Period.DAY,
}


def counters_of(events: bytes) -> bytes:
    """The ids, one after another, of what these events count that can be given back."""
    used = (event[5] for event in EVENT.iter_unpack(events) if event[0] == Type.USE)
    return b"".join(id for id in used if _kind(id) in _PERIOD_OF)


def give_back(counters: bytes, day: int, amount: MinorUnits) -> list[bytes]:
    """The events that give so much of an amount that was counted on this day (yyyymmdd) back to these counters."""
    if not amount:
        return []
    ids = (counters[at : at + _ID_SIZE] for at in range(0, len(counters), _ID_SIZE))
    return [chart.restore(id, amount=amount, period_number=period_number(_PERIOD_OF[_kind(id)], day)) for id in ids]


def _kind(id: bytes) -> int:
    return int.from_bytes(id[:2], "big")
