"""What cannot be projected: set aside whole, with the accounts and payments that are incomplete until it is repaired.

Where nobody can be found whom it concerns, it may concern everybody. Runs within the projector's transaction.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from feiqian.accounts.kinds import AccountKind
from feiqian.events import Fact, RefundDecided, decode_fact, decode_values
from feiqian.ids import PAYMENT, is_id
from feiqian.ledger.engine import EVENT, Type
from feiqian.merchants.kinds import MerchantAccountKind
from feiqian.runtime import logs

from .database import Database

EVERYBODY = -1  # as an account's kind: nobody knows whose it is
WHY_LENGTH = 300

_ACCOUNT_ID = struct.Struct(">HHIQ")
_MOVES = frozenset({int(Type.TRANSFER), int(Type.SWEEP), int(Type.HOLD)})
_ENDS = {int(Type.CAPTURE): 6, int(Type.RELEASE): 6, int(Type.EXPIRE_HOLD): 5}  # where the hold's id stands
_log = logs.get("feiqian.projections")

Owner = tuple[int, int]  # account kind, owner


@dataclass(frozen=True, slots=True)
class SetAside:
    """`part` counts the parts of the row from 0; `what` says what it is made of, `why` what was wrong."""

    position: int
    part: int
    what: str
    why: str

    def __str__(self) -> str:
        return f"position {self.position}, part {self.part} ({self.what}): {self.why}"


class Aside:
    """Writes the tables of what is set aside, in the caller's transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def put(self, position: int, part: int, records: bytes, facts: list[bytes], error: Exception) -> SetAside:
        """Sets one part aside, and marks whom it concerns."""
        what = " and ".join(name for name, there in (("records", records), ("facts", facts)) if there) or "row"
        found = SetAside(position, part, what, f"{type(error).__name__}: {error}".replace("\0", "")[:WHY_LENGTH])
        owners, payments = self._concerned(records, facts)
        row = (position, part, what, found.why, records, msgspec.msgpack.encode(facts))
        self._db.insert("set_aside", [row])
        owners = owners or {(EVERYBODY, 0)}
        self._db.insert("incomplete", [(kind, str(owner), position, part) for kind, owner in sorted(owners)])
        self._db.insert("incomplete_payments", [(id, position, part) for id in sorted(payments)])
        _log.error("set_aside", position=position, part=part, what=what, why=found.why, accounts=len(owners))
        return found

    def put_row(self, position: int, body: bytes, error: Exception) -> SetAside:
        """Sets a row aside whose body cannot be taken apart."""
        return self.put(position, 0, b"", [body], error)

    # --- whom it concerns ----------------------------------------------------------------------------------------

    def _concerned(self, records: bytes, facts: Iterable[bytes]) -> tuple[set[Owner], set[str]]:
        owners: set[Owner] = set()
        payments: set[str] = set()
        for event in EVENT.iter_unpack(records):
            owners |= {_owner(id) for id in self._accounts(event)}
            payments |= self._payments_named((event[5], event[6]))
        for blob in facts:
            texts, ids = _named_in(blob)
            named = self._payments_named(ids) | {text for text in texts if is_id(PAYMENT, text)}
            parties = _parties(blob)
            payments |= named
            owners |= parties or {owner for id in named for owner in self._parties_of(id)}
        return owners, payments

    def _accounts(self, event: tuple[Any, ...]) -> Iterator[bytes]:
        type_ = event[0]
        if type_ in _MOVES:
            yield from event[6:8]
        elif type_ == Type.ACCOUNT:
            yield event[5]
        elif type_ in _ENDS:
            yield from self._accounts_of_hold(event[_ENDS[type_]])

    def _accounts_of_hold(self, hold: bytes) -> list[bytes]:
        """Of a hold that is there, or that has itself been set aside."""
        row = self._db.one("SELECT debit, credit FROM holds WHERE id = ?", (hold,))
        if row is not None:
            return [bytes(id) for id in row]
        for (records,) in self._db.all("SELECT records FROM set_aside"):
            for event in EVENT.iter_unpack(bytes(records)):
                if event[0] == Type.HOLD and event[5] == hold:
                    return list(event[6:8])
        return []

    def _payments_named(self, ids: Iterable[bytes]) -> set[str]:
        """Payments that these transfers or holds name."""
        rows = [self._db.one("SELECT id FROM payments WHERE transfer = ?", (id,)) for id in ids]
        return {row[0] for row in rows if row is not None}

    def _parties_of(self, payment: str) -> set[Owner]:
        row = self._db.one("SELECT merchant, customer FROM payments WHERE id = ?", (payment,))
        return set() if row is None else _owners(*row)


def _owner(account: bytes) -> Owner:
    kind, _, _, owner = _ACCOUNT_ID.unpack(account)
    return kind, owner


def _owners(merchant: int, customer: int) -> set[Owner]:
    return {(int(MerchantAccountKind.PAYABLE), merchant), (int(AccountKind.CUSTOMER_WALLET), customer)}


def _parties(blob: bytes) -> set[Owner]:
    fact = _decoded(blob)
    return set() if fact is None or not fact.merchant else _owners(fact.merchant, fact.customer)


def _named_in(blob: bytes) -> tuple[list[str], list[bytes]]:
    """Texts and ids of 16 bytes in a fact, even in one that this version does not know."""
    fact = _decoded(blob)
    if fact is not None:
        return [fact.payment if isinstance(fact, RefundDecided) else fact.id], []
    values = decode_values(blob)
    texts = [value for value in values if isinstance(value, str)]
    return texts, [value for value in values if isinstance(value, bytes) and len(value) == 16]


def _decoded(blob: bytes) -> Fact | None:
    try:
        return decode_fact(blob)
    except (msgspec.DecodeError, ValueError):
        return None
