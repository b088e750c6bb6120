"""Receipts that customers give away, as anybody finds them by their code: amount, time, masked names, and no more.

Whoever holds a paper that says something else holds a forged one. What is shown is what the bank's books say now, never
what a paper or an address says. Works without a session, so tries are bounded for each network.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import Connection, insert, select

from feiqian.activity.codes import blind_of, code_of, read_code
from feiqian.activity.errors import MovementNotFound, ReceiptNotFound, TooManyTries
from feiqian.activity.model import Movement, Receipt
from feiqian.activity.service import Activity
from feiqian.activity.tables import codes
from feiqian.clock import Clock
from feiqian.customers.registry import Customers
from feiqian.field_cipher import FieldCipher
from feiqian.ids import CustomerNumber
from feiqian.money import Money
from feiqian.runtime import network
from feiqian.runtime.locks import lock
from feiqian.runtime.shares import Throttle
from feiqian.runtime.transactions import Transactions, reads, writes
from feiqian.strings.masking import masked_name

TRIES_AT_ONCE, TRIES_PER_MINUTE = 30, 10  # of one network
_SECONDS_OF_MINUTE = 60
_c = codes.c


class PublicReceipt(NamedTuple):
    """What anybody is told. `payer` and `payee` are masked; "" where it is the bank. `back`: what came back of it."""

    text: str
    status: str
    amount: Money
    back: Money | None
    at: int
    payer: str
    payee: str
    code: str


@dataclass(kw_only=True, eq=False, repr=False)
class PublicReceipts:
    """`now` in seconds, from whatever beginning."""

    transactions: Transactions
    clock: Clock
    cipher: FieldCipher
    customers: Customers
    activity: Activity
    now: Callable[[], float] = time.monotonic  # not money: a time
    tries: Throttle[str] = field(init=False)

    def __post_init__(self) -> None:
        self.tries = Throttle(TRIES_PER_MINUTE / _SECONDS_OF_MINUTE, TRIES_AT_ONCE, self.now)

    async def give(self, customer: CustomerNumber, movement: Movement) -> str:
        """The code of a movement of the customer's, by which others find it from now on.

        Raises MovementNotFound: nothing has moved, so there is nothing to show anybody.
        """
        if not movement.moved:
            raise MovementNotFound("nothing has moved")
        code = code_of(self.cipher, customer, movement.id)
        if await self._whose(code) is None:
            await self._keep(code, customer, movement.id)
        return code

    async def given(self, customer: CustomerNumber, movement: Movement) -> str:
        """Its code, if it was given away; else ""."""
        code = code_of(self.cipher, customer, movement.id) if movement.moved else ""
        return code if code and await self._whose(code) else ""

    async def look(self, typed: str) -> PublicReceipt:
        """The receipt of a code as somebody typed it. Raises ReceiptNotFound, TooManyTries, ReadsBehind."""
        if not self.tries.allow(network.client.get()):
            raise TooManyTries("too many receipts were looked for from here")
        code = read_code(typed)
        whose = None if code is None else await self._whose(code)
        if code is None or whose is None:
            raise ReceiptNotFound("no receipt has this code")
        customer, movement = whose
        try:
            receipt = await self.activity.receipt(customer, movement)
        except MovementNotFound:
            raise ReceiptNotFound("no receipt has this code") from None
        name = (await self.transactions.read(self._name, customer)) or ""
        return _told(receipt, masked_name(name), code)

    def _name(self, connection: Connection, customer: CustomerNumber) -> str:
        found = self.customers.by_number(connection, customer)
        return "" if found is None else found.name

    @reads
    def _whose(self, connection: Connection, code: str) -> tuple[CustomerNumber, str] | None:
        blind = blind_of(self.cipher, code)
        row = connection.execute(select(_c.customer, _c.movement).where(_c.code_blind == blind)).one_or_none()
        return None if row is None else (row.customer, row.movement)

    @writes
    def _keep(self, connection: Connection, code: str, customer: CustomerNumber, movement: str) -> None:
        blind = blind_of(self.cipher, code)
        lock(connection, f"receipt {blind.hex()}")
        if connection.execute(select(_c.at).where(_c.code_blind == blind)).first() is None:
            values = {"code_blind": blind, "customer": customer, "movement": movement, "at": self.clock.now()}
            connection.execute(insert(codes).values(values))


def _told(receipt: Receipt, own: str, code: str) -> PublicReceipt:
    it, details = receipt
    other = own if it.described.account else masked_name(it.described.who)
    payer, payee = (other, own) if it.amount > 0 else (own, other)
    return PublicReceipt(it.described.text, it.described.status, it.money, details.back, it.at, payer, payee, code)
