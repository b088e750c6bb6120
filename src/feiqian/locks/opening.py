"""The ledger events of money locks. Pure. Ids come from the lock's own, so that what is told again changes nothing."""

from __future__ import annotations

from feiqian.ledger import chart
from feiqian.ledger.chart import BANK, account_id, derived_id
from feiqian.ledger.engine import chain
from feiqian.locks.kinds import LockAccountKind, LockTransferKind
from feiqian.locks.model import MoneyLock


def hold_id(lock: str) -> bytes:
    """The hold of a lock."""
    return derived_id(b"money-lock", lock.encode())


def lock(lock: MoneyLock) -> bytes:
    """Reserves the amount without an end. The bank's account of locks is opened with the first one of a currency."""
    locks = account_id(LockAccountKind.MONEY_LOCKS, lock.currency, BANK)
    return chain(
        chart.account(locks, LockAccountKind.MONEY_LOCKS, lock.currency),
        chart.hold(
            hold_id(lock.id),
            debit=lock.ledger_id,
            credit=locks,
            amount=lock.amount,
            timeout_seconds=0,
            kind=LockTransferKind.LOCK,
        ),
    )


def unlock(lock: MoneyLock) -> bytes:
    """Gives the amount back; also where the account is frozen, which nothing leaves anyway."""
    return chart.release(
        derived_id(b"money-unlock", lock.id.encode()), hold=hold_id(lock.id), kind=LockTransferKind.UNLOCK
    )
