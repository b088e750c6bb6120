"""The questions that the read model of own transfers answers. Only reads; the customer is part of each."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, select

from feiqian.events import OwnTransferDecided, decode_fact
from feiqian.ids import CustomerNumber
from feiqian.projections import aside
from feiqian.projections.database import Database, numbered, several
from feiqian.projections.read_model import EVERYBODY
from feiqian.projections.reads import Reads, at_once, in_a_thread

from .projection import NAME
from .tables import own_transfers

_c = own_transfers.c
_OF = select(_c.fact).where(_c.customer == bindparam("customer"))
_BY_ID = _OF.where(_c.id == bindparam("id"))
_BY_TRANSFER = select(_c.fact).where(_c.transfer == bindparam("transfer"))
_NEWEST = _OF.order_by(_c.id.desc()).limit(bindparam("limit"))
_OLDER = _NEWEST.where(_c.id < bindparam("before"))


def by_id(db: Database, customer: CustomerNumber, id: str) -> OwnTransferDecided | None:
    """The customer's transfer of this public id."""
    row = db.one(_BY_ID, customer=customer, id=id)
    return None if row is None else _fact(row[0])


def by_transfer(db: Database, transfer: bytes) -> OwnTransferDecided | None:
    """The transfer of this id in the ledger, whoever's it is."""
    row = db.one(_BY_TRANSFER, transfer=transfer)
    return None if row is None else _fact(row[0])


def by_transfers(db: Database, transfers: Sequence[bytes]) -> dict[bytes, OwnTransferDecided]:
    """Those of these ids in the ledger that are own transfers."""
    if not transfers:
        return {}
    rows = db.all(_several(len(transfers)), **numbered("transfer", transfers))
    return {fact.transfer: fact for fact in (_fact(blob) for (blob,) in rows)}


def newest(
    db: Database, customer: CustomerNumber, before: str = "", limit: int = 20
) -> tuple[list[OwnTransferDecided], str]:
    """A page of the customer's transfers, newest first: those before this id, and the id to ask for the next by.

    "" is none of both.
    """
    asked = {"customer": customer, "limit": limit + 1}
    rows = db.all(_OLDER, before=before, **asked) if before else db.all(_NEWEST, **asked)
    facts = [_fact(blob) for (blob,) in rows]
    return facts[:limit], facts[limit - 1].id if len(facts) > limit else ""


def incomplete(db: Database) -> bool:
    """Whether something was set aside that may be a transfer of anybody's."""
    return aside.is_incomplete(db, NAME, EVERYBODY)


@lru_cache
def _several(count: int) -> Select[Any]:
    return select(_c.fact).where(_c.transfer.in_(several("transfer", count)))


def _fact(blob: bytes) -> OwnTransferDecided:
    fact = decode_fact(blob)
    assert isinstance(fact, OwnTransferDecided)
    return fact


class TransferReads(Reads):
    """See `Reads`; what each question means is said above."""

    model, pool_name = NAME, "deposits_reads"

    by_id = at_once(by_id)
    by_transfer = at_once(by_transfer)
    by_transfers = in_a_thread(by_transfers)
    newest = in_a_thread(newest)
    incomplete = at_once(incomplete)
