"""Schedules as rows: reads and writes them, seals their words. Decides nothing."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, select, update

from feiqian.field_cipher import FieldCipher, SealBroken
from feiqian.ids import CustomerNumber
from feiqian.money import CurrencyNumber, MinorUnits
from feiqian.scheduled.model import Schedule, State, Why
from feiqian.scheduled.tables import SAID, schedules
from feiqian.transfers.model import Wanted

_c = schedules.c


class Said(msgspec.Struct, frozen=True, array_like=True):
    """The words of a schedule."""

    text: str
    typed: str
    payee: str
    shown: str
    note: str


_NOTHING = Said("", "", "", "", "")
_encode, _decode = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder(Said).decode


def seal(cipher: FieldCipher, wanted: Wanted, id: str) -> bytes:
    payee = wanted.payee
    said = Said(payee.text, payee.typed, payee.confirmed_name, payee.shown, wanted.note)
    return SAID.seal(cipher, _encode(said), id)


def of_row(cipher: FieldCipher, row: Any) -> Schedule:
    """Raises SealBroken where its words were changed."""
    return _of(row, _decode(SAID.open(cipher, row.said, row.id)))


def to_show(cipher: FieldCipher, row: Any) -> Schedule:
    """The same without its words where they were changed: its customer sees that it is there, and can end it."""
    try:
        return of_row(cipher, row)
    except SealBroken:
        return _of(row, _NOTHING)


def _of(row: Any, said: Said) -> Schedule:
    return Schedule(
        id=row.id,
        customer=CustomerNumber(row.customer),
        way=row.way,
        amount=MinorUnits(row.amount),
        currency=CurrencyNumber(row.currency),
        source=row.source,
        rhythm=row.rhythm,
        first=row.first,
        until=row.until,
        next_day=row.next_day,
        next_at=row.next_at,
        tries=row.tries,
        state=row.state,
        why=Why(row.why) if row.why else None,
        digest=row.digest,
        payee=said.payee,
        shown=said.shown,
        text=said.text,
        typed=said.typed,
        note=said.note,
        proved=bytes(row.proved),
    )


def change(connection: Connection, before: Schedule, **values: Any) -> bool:
    """Whether it was as it is thought to be, and is changed."""
    same = (_c.id == before.id, _c.state == State.ACTIVE, _c.next_day == before.next_day, _c.tries == before.tries)
    return bool(connection.execute(update(schedules).where(*same).values(**values)).rowcount)


def due(connection: Connection, now: int, most: int) -> list[str]:
    """The ids of those that are to be tried, the longest due first."""
    found = select(_c.id).where(_c.state == State.ACTIVE, _c.next_at <= now).order_by(_c.next_at, _c.id).limit(most)
    return list(connection.execute(found).scalars())
