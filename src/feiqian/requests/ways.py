"""Payees who name themselves: by a receive code that they show, and by a request for money."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from feiqian.ids import RECEIVE_CODE, CustomerNumber, is_id
from feiqian.payees.errors import PayeeInvalid
from feiqian.payees.model import NOBODY, Found, Way
from feiqian.requests.codes import ReceiveCodes
from feiqian.requests.tables import requests

_LAST = 6


@dataclass(frozen=True, slots=True)
class ByCode:
    """By a code that was scanned: into the wallet."""

    codes: ReceiveCodes
    way = Way.CODE
    names_itself = True

    def read(self, typed: str) -> str:
        if not is_id(RECEIVE_CODE, typed) or not self.codes.is_fresh(typed):
            raise PayeeInvalid("payee", "ended")
        return typed

    def find(self, connection: Connection, text: str) -> Found:
        code = self.codes.find(connection, text)
        return NOBODY if code is None else Found(code.customer, currency=code.currency, amount=code.amount)

    def shown(self, text: str) -> str:
        return f"···{text[-_LAST:]}"


class ByRequest:
    """By a request, which nobody can name: it is paid where it is shown, once, and with its own amount."""

    way = Way.REQUEST
    names_itself = True

    def read(self, typed: str) -> str:
        raise PayeeInvalid("way")

    def find(self, connection: Connection, text: str) -> Found:
        asked = select(requests.c.asker, requests.c.currency).where(requests.c.id == text)
        row = connection.execute(asked).one_or_none()
        return NOBODY if row is None else Found(CustomerNumber(row.asker), currency=row.currency)

    def shown(self, text: str) -> str:
        return f"···{text[-_LAST:]}"
