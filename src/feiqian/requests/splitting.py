"""Splits of bills: made whole or not at all, each part a request; who has paid is what the requests say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select

from feiqian.auth.base import AccessService
from feiqian.field_cipher import FieldCipher
from feiqian.ids import SPLIT, CustomerNumber, new_id
from feiqian.money import MinorUnits
from feiqian.requests.errors import RemindedToday, RequestNotFound, RequestNumberUsed, RequestOver
from feiqian.requests.model import KEPT, Bill, Part, Split, Wish
from feiqian.requests.service import MoneyRequests, check_number, neutral
from feiqian.requests.sharing import parts_of
from feiqian.requests.tables import SPLIT_NOTE, requests, splits
from feiqian.runtime.locks import lock
from feiqian.runtime.paging import FIRST, Ask, Order, Page, page_of
from feiqian.runtime.sweeping import remove_some
from feiqian.runtime.transactions import reads, writes

PAGE = 30
_s = splits.c
_NEWEST_FIRST = Order((_s.id,))


@dataclass(kw_only=True, eq=False, repr=False)
class Splits(AccessService):
    """Of one bank. The owner has paid the bill, and asks the others for their parts."""

    cipher: FieldCipher
    requests: MoneyRequests

    @writes
    def make(self, connection: Connection, owner: CustomerNumber, bill: Bill) -> Split:
        """Splits it and asks everybody; again, with the same number, it is the first one.

        Raises RequestInvalid, RequestNumberUsed, RequestsThrottled, CannotReceive, ReceiveCodeInvalid.
        """
        check_number(bill.number)
        mine, parts = parts_of(bill)
        note, asked = neutral(bill.note), self._asked(bill)
        lock(connection, f"requests of {owner}")
        row = connection.execute(select(splits).where(_s.owner == owner, _s.number == bill.number)).one_or_none()
        if row is not None:
            if bytes(row.asked) != asked:
                raise RequestNumberUsed(bill.number)
            return self._shown(connection, row)
        now = self.clock.now()
        id = new_id(SPLIT, now)
        values = {"id": id, "owner": owner, "number": bill.number, "asked": asked, "total": bill.total}
        values |= {"mine": mine or 0, "currency": bill.currency, "how": bill.how, "at": now}
        connection.execute(insert(splits).values(values | {"note": SPLIT_NOTE.seal(self.cipher, note, id)}))
        made = []
        for place, (person, amount) in enumerate(zip(bill.people, parts, strict=True), 1):
            wish = Wish("", person.person, amount, bill.currency, note)
            made.append(self.requests.put(connection, owner, wish, f"{id}.{place:02d}", split=id))
        self.requests.tell_asked(connection, made)
        return self._one(connection, owner, id)

    @reads
    def get(self, connection: Connection, owner: CustomerNumber, id: str) -> Split:
        """Raises RequestNotFound."""
        return self._one(connection, owner, id)

    @reads
    def of(self, connection: Connection, owner: CustomerNumber, ask: Ask = FIRST, limit: int = PAGE) -> Page[Split]:
        """The newest first."""
        found = page_of(connection, select(splits).where(_s.owner == owner), _NEWEST_FIRST, ask, limit)
        return found.of([self._shown(connection, row) for row in found.items])

    @writes
    def remind(self, connection: Connection, owner: CustomerNumber, id: str) -> Split:
        """Those who have not answered, each once a day at most. Raises RequestNotFound, RemindedToday where that is so
        of all, RequestOver where nobody is left."""
        lock(connection, f"split {id}")
        waiting = sorted(self._one(connection, owner, id).waiting, key=lambda one: one.asked)  # as `tell_asked`
        too_soon: list[RemindedToday] = []
        for one in waiting:
            try:
                self.requests.remind_again(connection, one)
            except RemindedToday as error:
                too_soon.append(error)
            except RequestOver:
                pass  # answered in the same moment
        if not waiting:
            raise RequestOver("answered")
        if len(too_soon) == len(waiting):
            raise too_soon[0]
        return self._one(connection, owner, id)

    def sweep(self, connection: Connection, now: int, most: int) -> int:
        """Removes what is long over: the requests go by themselves."""
        return len(remove_some(connection, splits, _s.at < now - KEPT, most))

    # --- how ---------------------------------------------------------------------------------------------------------

    def _one(self, connection: Connection, owner: CustomerNumber, id: str) -> Split:
        row = connection.execute(select(splits).where(_s.id == id, _s.owner == owner)).one_or_none()
        if row is None:
            raise RequestNotFound
        return self._shown(connection, row)

    def _shown(self, connection: Connection, row: Any) -> Split:
        own = [Part(MinorUnits(row.mine), None)] if row.mine else []
        asked = self.requests.all_of(connection, requests.c.split == row.id)
        parts = (*own, *(Part(one.amount, one) for one in asked))
        note = SPLIT_NOTE.text(self.cipher, row.note, row.id)
        return Split(row.id, row.owner, row.total, row.currency, row.how, note, row.at, parts)

    def _asked(self, bill: Bill) -> bytes:
        """All of what was asked for, to be compared."""
        return self.cipher.blind_index(msgspec.json.encode(bill).decode(), "requests/split")
