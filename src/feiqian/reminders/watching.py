"""Finds what moved watched accounts in a posting, and says what each held after it. Runs while payments are decided.

The balance belongs to the movement: a moment later the engine may say another one. So it is asked here, between the
posting and the next, and goes into the journal in the row of the movement itself (decision 45).
"""

from __future__ import annotations

import struct
from collections.abc import Container

from feiqian.events import BalanceChanged, encode_fact
from feiqian.ids import NO_MERCHANT, CustomerNumber, MerchantNumber
from feiqian.ledger.engine import EVENT, EVENT_SIZE, NO_ID, Type
from feiqian.ledger.ledger import Ledger
from feiqian.merchants.kinds import MerchantAccountKind
from feiqian.money import CurrencyNumber, MinorUnits
from feiqian.runtime import logs

_DEBIT, _CREDIT, _END = 32, 48, 64  # places in an event
_TRANSFER = bytes([Type.TRANSFER])
_ACCOUNT = struct.Struct(">HHIQ")  # kind, currency, index, owner
_log = logs.get("feiqian.reminders")


class Movements:
    """`accounts` are those that are watched; who changes them does it with one operation of the set at a time."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.accounts: set[bytes] = set()

    def __call__(self, events: bytes, results: bytes) -> list[bytes]:
        """For `Ledger.annotate`: a fact for each movement, in their order."""
        watched = self.accounts
        if not watched:
            return []
        moving = _moving(events, results, watched)
        if not moving:
            return []
        try:
            return self._facts(moving)
        except Exception as error:  # a reminder is missing then; what was decided stands
            _log.error("movement_not_told", why=type(error).__name__)
            return []

    def _facts(self, moving: list[bytes]) -> list[bytes]:
        """Backwards, because the engine knows only the balance after all of them."""
        at, facts = self._ledger.clock.now(), []
        balances: dict[bytes, int] = {}
        for event in reversed(moving):
            _, _, kind, _, amount, id, debit, credit, _ = EVENT.unpack(event)
            for account, other, credited in ((credit, debit, True), (debit, credit, False)):
                if account in self.accounts:
                    balance = balances[account] if account in balances else self._balance(account)
                    balances[account] = balance - amount if credited else balance + amount
                    facts.append(encode_fact(_fact(id, account, other, credited, amount, balance, kind, at)))
        return facts[::-1]

    def moved(self, id: bytes, debit: bytes, credit: bytes, amount: int, kind: int) -> None:
        """Tells of money that a capture has just moved, of which the posting names only the hold."""
        if debit in self.accounts or credit in self.accounts:
            event = EVENT.pack(Type.TRANSFER, 0, kind, 0, amount, id, debit, credit, NO_ID)
            for fact in self(event, bytes(1)):
                self._ledger.record(fact)

    def _balance(self, account: bytes) -> int:
        found = self._ledger.engine.account(account)
        assert found is not None, "money moved on it"
        return found.balance


def _moving(events: bytes, results: bytes, watched: Container[bytes]) -> list[bytes]:
    """The transfers that were made and touch a watched account."""
    found = []
    types = events[::EVENT_SIZE]
    at = types.find(_TRANSFER)
    while at >= 0:
        start = at * EVENT_SIZE
        debit, credit = events[start + _DEBIT : start + _CREDIT], events[start + _CREDIT : start + _END]
        if (debit in watched or credit in watched) and not results[at]:
            found.append(events[start : start + EVENT_SIZE])
        at = types.find(_TRANSFER, at + 1)
    return found


def _fact(
    id: bytes, account: bytes, other: bytes, credited: bool, amount: int, balance: int, kind: int, at: int
) -> BalanceChanged:
    _, currency, _, customer = _ACCOUNT.unpack(account)
    other_kind, _, _, other_owner = _ACCOUNT.unpack(other)
    merchant = MerchantNumber(other_owner) if other_kind == MerchantAccountKind.PAYABLE else NO_MERCHANT
    return BalanceChanged(
        id.hex(),
        account,
        other,
        CustomerNumber(customer),
        merchant,
        credited,
        MinorUnits(amount),
        CurrencyNumber(currency),
        MinorUnits(balance),
        kind,
        at,
    )
