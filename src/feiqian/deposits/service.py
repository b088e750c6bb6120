"""Deposit accounts: opened, found, shown to their holders. Decided in the bank's database, then told the ledger.

What is opened is an intent (`ledger_intents`): a crash between leaves an account that is opened at the next sweep.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, insert, select, update

from feiqian.audit_log.log import AuditLog
from feiqian.clock import Clock
from feiqian.customers.registry import Customers
from feiqian.deposits import opening
from feiqian.deposits.errors import AccountInvalid, AccountNotFound
from feiqian.deposits.model import AccountState, DepositAccount
from feiqian.deposits.numbers import new_number
from feiqian.deposits.tables import NUMBER, accounts
from feiqian.field_cipher import FieldCipher
from feiqian.ids import ACCOUNT, CustomerNumber, new_id
from feiqian.ledger.engine import Refusal
from feiqian.ledger.ledger import Ledger
from feiqian.ledger_intents.model import IntentKind, LedgerIntent
from feiqian.ledger_intents.service import LedgerIntents
from feiqian.money import CurrencyNumber
from feiqian.runtime.transactions import Transactions, reads
from feiqian.subjects import Subject

OPEN = "open_account"
PRODUCTS = ("current", "savings")
MOST = 20  # accounts of one customer that are not closed
NUMBER_CONTEXT, SIX_CONTEXT, ALIAS_CONTEXT = "account-number", "account-six", "account-alias"
_c = accounts.c
_COLUMNS = [_c[name] for name in DepositAccount._fields]


class Opening(msgspec.Struct, frozen=True):
    """Which account is opened, and who decided it."""

    account: str
    by: Subject


@dataclass(kw_only=True, eq=False, repr=False)
class Deposits:
    """The deposit accounts of one bank. Methods with a connection block, in the caller's transaction."""

    transactions: Transactions
    clock: Clock
    cipher: FieldCipher
    customers: Customers
    audit_log: AuditLog
    intents: LedgerIntents
    ledger: Ledger
    prefix: str

    @property
    def intent(self) -> IntentKind:
        return IntentKind(OPEN, Opening, self._open_in_ledger, self._opened)

    # --- opening ---------------------------------------------------------------------------------------------------

    async def open(self, customer: CustomerNumber, currency: CurrencyNumber, product: str, by: Subject) -> str:
        """A new account of the customer's, open on return; its id. Raises AccountInvalid, CustomerNotFound."""
        intent = await self.transactions.write(self.open_within, customer, currency, product, by)
        await self.intents.finish(OPEN, intent.subject)
        return str(intent.payload.account)

    def open_within(
        self, connection: Connection, customer: CustomerNumber, currency: CurrencyNumber, product: str, by: Subject
    ) -> LedgerIntent:
        """Decides it; whoever calls finishes the intent, or the sweep does. Raises AccountInvalid, CustomerNotFound."""
        self.customers.profiles.lock(connection, customer)
        self.customers.level_in(connection, customer)
        if product not in PRODUCTS:
            raise AccountInvalid("product")
        held = connection.execute(select(_c.currency, _c.place, _c.state).where(_c.customer == customer)).all()
        if sum(row.state is not AccountState.CLOSED for row in held) >= MOST:
            raise AccountInvalid("too_many")
        now, number = self.clock.now(), self._new_number(connection)
        id = new_id(ACCOUNT, now)
        connection.execute(
            insert(accounts).values(
                id=id,
                customer=customer,
                currency=currency,
                place=1 + max((row.place for row in held if row.currency == currency), default=0),
                product=product,
                state=AccountState.OPENING,
                number=NUMBER.seal(self.cipher, number, id),
                number_blind=self.cipher.blind_index(number, NUMBER_CONTEXT),
                six_blind=self.six_blind(customer, number[-6:]),
                last_four=number[-4:],
                alias="",
                opened_at=now,
                closed_at=0,
            )
        )
        return self.intents.put(connection, OPEN, f"account:{id}", Opening(id, by))

    def _new_number(self, connection: Connection) -> str:
        while True:
            number = new_number(self.prefix)
            if self._id_of(connection, _c.number_blind == self.cipher.blind_index(number, NUMBER_CONTEXT)) is None:
                return number

    async def _open_in_ledger(self, intent: LedgerIntent) -> None:
        account = await self.transactions.read(self.get, intent.payload.account)
        posting = self.ledger.post(opening.account(account))
        if posting.refusal not in (Refusal.OK, Refusal.EXISTS):
            raise RuntimeError(f"an account's opening was refused as {posting.refusal.name}")
        await self.ledger.durable(self.ledger.position)

    def _opened(self, connection: Connection, intent: LedgerIntent, now: int) -> None:
        id, by = intent.payload.account, intent.payload.by
        opening_still = (_c.id == id) & (_c.state == AccountState.OPENING)
        connection.execute(update(accounts).where(opening_still).values(state=AccountState.OPEN))
        customer = connection.execute(select(_c.customer).where(_c.id == id)).scalar_one()
        self.audit_log.append(connection, by, "account_opened", f"customer:{customer}", {"account": id}, now)

    # --- asking ----------------------------------------------------------------------------------------------------

    def get(self, connection: Connection, id: str) -> DepositAccount:
        """Raises AccountNotFound."""
        (found,) = self._where(connection, _c.id == id) or (None,)
        if found is None:
            raise AccountNotFound("there is no such account")
        return found

    def own(self, connection: Connection, customer: CustomerNumber, id: str) -> DepositAccount:
        """The customer's account of this id; another's is as if it were not. Raises AccountNotFound."""
        (found,) = self._where(connection, (_c.id == id) & (_c.customer == customer)) or (None,)
        if found is None:
            raise AccountNotFound("there is no such account")
        return found

    def of(self, connection: Connection, customer: CustomerNumber) -> list[DepositAccount]:
        """All accounts of a customer, closed ones too, the oldest first."""
        return self._where(connection, _c.customer == customer)

    @reads
    def all_of(self, connection: Connection, customer: CustomerNumber) -> list[DepositAccount]:
        """`of`, in a transaction of its own."""
        return self.of(connection, customer)

    def by_six(self, connection: Connection, customer: CustomerNumber, six: str) -> list[DepositAccount]:
        """The customer's accounts whose number ends in these six digits: mostly one."""
        return self._where(connection, _c.six_blind == self.six_blind(customer, six))

    def by_number(self, connection: Connection, blind: bytes) -> DepositAccount | None:
        """The account with the number of this `number_blind`, whoever holds it: for those who have said its number."""
        return next(iter(self._where(connection, _c.number_blind == blind)), None)

    def number(self, connection: Connection, id: str) -> str:
        """The whole number, for the holder only. Raises AccountNotFound."""
        sealed = connection.execute(select(_c.number).where(_c.id == id)).scalar()
        if sealed is None:
            raise AccountNotFound("there is no such account")
        return NUMBER.text(self.cipher, sealed, id)

    def balance(self, account: DepositAccount) -> int:
        """What the ledger has on it now, in minor units; tell it once `ledger.position` is durable."""
        found = self.ledger.engine.account(account.ledger_id)
        return found.balance if found is not None else 0

    def number_blind(self, number: str) -> bytes:
        """By which an account is found by its whole number."""
        return self.cipher.blind_index(number, NUMBER_CONTEXT)

    def six_blind(self, customer: CustomerNumber, six: str) -> bytes:
        """By which an account is found by its holder and its last six digits."""
        return self.cipher.blind_index(f"{customer}/{six}", SIX_CONTEXT)

    def _id_of(self, connection: Connection, condition: ColumnElement[bool]) -> str | None:
        return connection.execute(select(_c.id).where(condition)).scalar()

    def _where(self, connection: Connection, condition: ColumnElement[bool]) -> list[DepositAccount]:
        rows: Any = connection.execute(select(*_COLUMNS).where(condition).order_by(_c.opened_at, _c.id))
        return [DepositAccount(*row) for row in rows]
