"""Deposit accounts: opened, found, shown to their holders. Decided in the bank's database, then told the ledger.

What is opened is an intent (`ledger_intents`): a crash between leaves an account that is opened at the next sweep.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, select, update

from feiqian.accounts.kinds import deposit_id
from feiqian.accounts.service import Accounts
from feiqian.auth.base import AccessService
from feiqian.deposits import opening
from feiqian.deposits.aliases import skeleton
from feiqian.deposits.errors import AccountNotFound
from feiqian.deposits.model import STOPPED, AccountState, DepositAccount, WantedAccount
from feiqian.deposits.openings import OPEN, Opening, Openings
from feiqian.deposits.rows import alias_blind, number_blind, six_blind
from feiqian.deposits.tables import NUMBER, accounts
from feiqian.field_cipher import FieldCipher
from feiqian.ids import CustomerNumber
from feiqian.ledger.engine import CLOSED, Refusal
from feiqian.ledger.ledger import Ledger
from feiqian.ledger_intents.model import IntentKind, LedgerIntent
from feiqian.ledger_intents.service import LedgerIntents
from feiqian.money import NOTHING, CurrencyNumber, MinorUnits
from feiqian.runtime.transactions import reads, writes
from feiqian.subjects import Subject, customer

_c = accounts.c
_COLUMNS = [_c[name] for name in DepositAccount._fields]


@dataclass(kw_only=True, eq=False, repr=False)
class Deposits(AccessService):
    """The deposit accounts of one bank. Methods with a connection block, in the caller's transaction."""

    cipher: FieldCipher
    intents: LedgerIntents
    ledger: Ledger
    accounts: Accounts
    openings: Openings

    @property
    def intent(self) -> IntentKind:
        return IntentKind(OPEN, Opening, self._open_in_ledger, self._opened)

    # --- opening ---------------------------------------------------------------------------------------------------

    async def open(
        self, customer: CustomerNumber, currency: CurrencyNumber, product: str, by: Subject, reference: str = ""
    ) -> str:
        """A new account of the customer's, open on return; its id. Under one reference, one account.

        Raises AccountInvalid, ReferenceUsed, CustomerNotFound.
        """
        wanted = WantedAccount(customer, currency, product, reference)
        id = await self.transactions.write(self.openings.open_within, wanted, by)
        await self.intents.finish(OPEN, id)
        return id

    async def _open_in_ledger(self, intent: LedgerIntent) -> None:
        await self.tell_ledger(intent.payload.account, intent.payload.balance)

    async def tell_ledger(self, id: str, brought_in: MinorUnits = NOTHING) -> None:
        """The ledger has the account on return, and lets debits go on or not, as the database says. Again: the same."""
        account = await self.transactions.read(self.get, id)
        async with self.intents.turn(str(customer(account.customer))):  # nobody freezes or unfreezes the customer now
            account, frozen = await self.transactions.read(self._as_decided, id)
            self._post(account, frozen or self.accounts.frozen(account.customer))
            if brought_in:
                self._bring_in(account, brought_in)
        await self.ledger.durable(self.ledger.position)

    def _as_decided(self, connection: Connection, id: str) -> tuple[DepositAccount, bool]:
        """The account, and whether it or its holder is frozen."""
        account = self.get(connection, id)
        profile = self.customers.profiles.get(connection, account.customer)
        return account, account.state in STOPPED or (profile is not None and profile.frozen)

    def _post(self, account: DepositAccount, stopped: bool) -> None:
        engine = self.ledger.engine
        ids = {n: deposit_id(account.currency, account.customer, n) for n in range(1, account.place + 1)}
        there = engine.account(account.ledger_id)
        if there is not None and there.closed_and_frozen & CLOSED:
            return
        missing = [place for place, ledger_id in ids.items() if engine.account(ledger_id) is None]
        refusal = self.ledger.post(opening.account(account, missing, stopped=stopped)).refusal
        if refusal not in (Refusal.OK, Refusal.EXISTS):
            raise RuntimeError(f"a change of an account was refused as {refusal.name}")
        if stopped:
            self.accounts.tell_stopped(account.customer)

    def _bring_in(self, account: DepositAccount, amount: MinorUnits) -> None:
        events = opening.with_balance(account.customer, account.currency, account.place, amount)
        refusal = self.ledger.post(events).refusal
        if refusal not in (Refusal.OK, Refusal.EXISTS):
            raise RuntimeError(f"an opening balance was refused as {refusal.name}")

    def _opened(self, connection: Connection, intent: LedgerIntent, now: int) -> None:
        id, by = intent.payload.account, intent.payload.by
        opening_still = (_c.id == id) & (_c.state == AccountState.OPENING)
        connection.execute(update(accounts).where(opening_still).values(state=AccountState.OPEN))
        holder, reference = connection.execute(select(_c.customer, _c.reference).where(_c.id == id)).one()
        details = {"account": id, "reference": reference or ""}
        self.audit_log.append(connection, by, "account_opened", str(customer(holder)), details, now)
        if intent.payload.told:
            self.notices.changed(connection, holder, "account_opened", now)

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
        return self._where(connection, _c.six_blind == six_blind(self.cipher, customer, six))

    def by_alias(self, connection: Connection, customer: CustomerNumber, typed: str) -> list[DepositAccount]:
        """The customer's account that this names, in whatever way it looks like its alias: one, or none."""
        blind = alias_blind(self.cipher, skeleton(typed))
        return self._where(connection, (_c.customer == customer) & (_c.alias_blind == blind))

    def by_number(self, connection: Connection, blind: bytes) -> DepositAccount | None:
        """The account with the number of this `number_blind`, whoever holds it: for those who have said its number."""
        return next(iter(self._where(connection, _c.number_blind == blind)), None)

    def number(self, connection: Connection, id: str) -> str:
        """The whole number, for the holder only (staff: `look_at_number`). Raises AccountNotFound."""
        sealed = connection.execute(select(_c.number).where(_c.id == id)).scalar()
        if sealed is None:
            raise AccountNotFound("there is no such account")
        return NUMBER.text(self.cipher, sealed, id)

    @writes
    def look_at_number(self, connection: Connection, id: str, by: Subject, why: str) -> str:
        """The whole number, for staff who say why; the audit log has it first. Raises AccountNotFound."""
        account, now = self.get(connection, id), self.clock.now()
        about, details = str(customer(account.customer)), {"account": id, "why": why}
        self.audit_log.append(connection, by, "account_number_seen", about, details, now)
        return self.number(connection, id)

    def balance(self, account: DepositAccount) -> int:
        """What the ledger has on it now, in minor units; tell it once `ledger.position` is durable."""
        found = self.ledger.engine.account(account.ledger_id)
        return found.balance if found is not None else 0

    def number_blind(self, number: str) -> bytes:
        """By which an account is found by its whole number."""
        return number_blind(self.cipher, number)

    def _where(self, connection: Connection, condition: ColumnElement[bool]) -> list[DepositAccount]:
        rows: Any = connection.execute(select(*_COLUMNS).where(condition).order_by(_c.opened_at, _c.place, _c.id))
        return [DepositAccount(*row) for row in rows]
