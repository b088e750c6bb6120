"""What customers have moved in each day, month and year by the ledger's transfers and holds alone.

Neither what facts say nor what the ledger has counted is asked, so that both can be compared with it.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from feiqian.accounts.kinds import OF_CUSTOMERS, AllowanceKind, day_amount_id
from feiqian.ids import CustomerNumber
from feiqian.ledger.engine import EVENT, Engine, Period, Type, period_number
from feiqian.limits.bounds import PERIODS
from feiqian.limits.kinds import KINDS, LimitAllowanceKind
from feiqian.money import CurrencyNumber
from feiqian.packets.kinds import PacketTransferKind
from feiqian.payments.kinds import TransferKind
from feiqian.policy.scopes import Scope
from feiqian.transfers.kinds import PersonTransferKind

_METHODS: dict[int, Scope] = {  # how that was moved or held of a customer's, which limits count
    TransferKind.PAYMENT: Scope.CODE,
    PersonTransferKind.PERSON_TRANSFER: Scope.TRANSFER,
    PersonTransferKind.PERSON_TRANSFER_HELD: Scope.TRANSFER,
    PersonTransferKind.PERSON_TRANSFER_WAITING: Scope.TRANSFER,
    PacketTransferKind.PACKET_FILLED: Scope.TRANSFER,
}
_BACK = frozenset({PersonTransferKind.PERSON_TRANSFER_CANCELLED, PersonTransferKind.PERSON_TRANSFER_RETURNED})
_LIMITED: dict[int, tuple[Scope, Period]] = {int(kind): (of[0], PERIODS[of[1]]) for of, kind in KINDS.items()}
_LIMITED[AllowanceKind.DAY_AMOUNT] = Scope.ALL, Period.DAY
_BY_PROOF = LimitAllowanceKind.DAY_ONE_FACTOR, LimitAllowanceKind.DAY_TWO_FACTORS


class Moved(NamedTuple):
    """Of one currency and customer."""

    of: bytes  # the end of their ids
    scope: Scope
    amount: int
    day: int


class Counted:
    """Of one journal, from its first record on."""

    def __init__(self) -> None:
        self._day, self._used = 0, Counter[tuple[bytes, Scope, Period, int]]()
        self._held: dict[bytes, Moved] = {}
        self._brought: Moved | None = None
        self._caps: dict[bytes, int] = {}

    def take(self, records: bytes) -> None:
        """What the ledger has accepted. Raises AssertionError for more than a limit lets be."""
        for type, _, kind, aux, amount, id, debit, _, _ in EVENT.iter_unpack(records):
            if type == Type.TIME:
                self._day = aux
            elif type == Type.ALLOWANCE:
                self._caps[id] = amount
            elif type == Type.RELEASE and debit in self._held:
                self._released(self._held.pop(debit), kind)
            elif type in (Type.TRANSFER, Type.HOLD) and kind in _METHODS and _int(debit[:2]) in OF_CUSTOMERS:
                self._moved(type, id, Moved(_of(debit), _METHODS[kind], amount, self._day))

    def _moved(self, type: int, id: bytes, moved: Moved) -> None:
        """What is held counts when it is held, and not again when it is brought."""
        brought, self._brought = self._brought, None
        if brought is not None:
            assert moved == brought._replace(day=moved.day), f"{brought} was held, and {moved} brought"
            return
        if type == Type.HOLD:
            self._held[id] = moved
        self._count(moved, moved.amount)
        self._within(moved)

    def _released(self, held: Moved, kind: int) -> None:
        """What comes back counts for nothing in any period that goes on."""
        if kind in _BACK:
            self._count(held, -held.amount)
        else:
            self._brought = held

    def _count(self, moved: Moved, amount: int) -> None:
        for scope in (Scope.ALL, moved.scope):
            for period in (Period.DAY, Period.MONTH, Period.YEAR):
                self._used[moved.of, scope, period, period_number(period, moved.day)] += amount

    def _within(self, moved: Moved) -> None:
        for kind, (scope, period) in _LIMITED.items():
            id = _id(kind, moved.of)
            if scope in (Scope.ALL, moved.scope) and id in self._caps:
                used = self.used(moved.of, scope, period, moved.day)
                assert used <= self._caps[id], f"{moved}: {used} of {self._caps[id]} of a {period.name} of {scope}"

    def of_day(self, currency: CurrencyNumber, customer: int, day: int) -> int:
        """All that the customer has moved on this day (yyyymmdd), but for what came back."""
        return self.used(_of(day_amount_id(currency, CustomerNumber(customer))), Scope.ALL, Period.DAY, day)

    def used(self, of: bytes, scope: Scope, period: Period, day: int) -> int:
        return self._used[of, scope, period, period_number(period, day)]

    def compare(self, engine: Engine) -> Counter[int]:
        """Whether the ledger has counted the same in each period that goes on; how often that was more than nothing, by
        the allowance's kind."""
        compared, day = Counter[int](), engine.moment.day
        for id, cap in self._caps.items():
            kind, of = _int(id[:2]), _of(id)
            if kind in _LIMITED:
                used = self.used(of, *_LIMITED[kind], day)
                assert engine.used(id) == (used, cap), f"{id.hex()}: {engine.used(id)}, and {used} was moved"
                compared[kind] += used > 0
        for of in {_of(id) for id in self._caps if _int(id[:2]) in _BY_PROOF}:
            proved = sum((engine.used(_id(kind, of)) or (0, 0))[0] for kind in _BY_PROOF)
            assert proved == self.used(of, Scope.ALL, Period.DAY, day), f"{of.hex()}: {proved} by what was proved"
        return compared


def _of(id: bytes) -> bytes:
    """Its currency and its owner."""
    return id[2:4] + id[8:]


def _id(kind: int, of: bytes) -> bytes:
    """An allowance of these; it has no index."""
    return kind.to_bytes(2, "big") + of[:2] + bytes(4) + of[2:]


def _int(part: bytes) -> int:
    return int.from_bytes(part, "big")
