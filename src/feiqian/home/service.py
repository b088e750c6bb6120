"""Keeps how customers want to see their accounts on the first page. Moves no money and hides none from payments."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from feiqian.home.errors import ArrangementInvalid
from feiqian.home.model import Place
from feiqian.home.tables import places
from feiqian.ids import CustomerNumber
from feiqian.runtime.locks import lock
from feiqian.runtime.transactions import Transactions, reads, writes

_c = places.c


@dataclass(kw_only=True, eq=False, repr=False)
class Arrangements:
    """Of the customers of one bank."""

    transactions: Transactions

    @reads
    def of(self, connection: Connection, customer: CustomerNumber) -> list[Place]:
        """In their order; accounts that nobody arranged are not among them."""
        found = select(_c.name, _c.hidden).where(_c.customer == customer).order_by(_c.place)
        return [Place(row.name, row.hidden) for row in connection.execute(found)]

    @writes
    def put(
        self, connection: Connection, customer: CustomerNumber, wanted: Sequence[Place], own: Collection[str]
    ) -> None:
        """Replaces it; `own` are the names of the customer's accounts. Raises ArrangementInvalid."""
        names = [place.name for place in wanted]
        if len(set(names)) != len(names) or not set(names) <= set(own):
            raise ArrangementInvalid("an account is named twice, or is none of theirs")
        lock(connection, f"home of {customer}")
        connection.execute(delete(places).where(_c.customer == customer))
        if wanted:
            rows = [{"customer": customer, "place": n, **place._asdict()} for n, place in enumerate(wanted)]
            connection.execute(insert(places), rows)
