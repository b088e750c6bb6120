"""The money lock: locked at once by whoever is signed in, opened with strong factors after a delay.

A lock is a hold without an end in the ledger, so that no payment, transfer or closing can touch the amount, whoever
asks and by whatever way. Decided in the bank's database, then told the ledger (`ledger_intents`).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, or_, select, update

from feiqian.accounts.kinds import wallet_id
from feiqian.accounts.service import Accounts
from feiqian.auth.base import AccessService
from feiqian.auth.challenges.model import ChallengeBinding, ChallengeView
from feiqian.auth.challenges.service import Verification
from feiqian.auth.model import Session
from feiqian.clock import HOUR
from feiqian.deposits.service import Deposits
from feiqian.errors import LedgerError
from feiqian.ids import LOCK, CustomerNumber, new_id
from feiqian.ledger.engine import ACCEPTED, CLOSED, Side
from feiqian.ledger.ledger import Ledger
from feiqian.ledger_intents.errors import IntentRefused
from feiqian.ledger_intents.model import IntentKind, LedgerIntent
from feiqian.ledger_intents.service import LedgerIntents
from feiqian.locks import opening
from feiqian.locks.errors import LockNotFound, LockRefused, LockStateDiffers
from feiqian.locks.model import LockState, MoneyLock, Place, Reserved
from feiqian.locks.tables import money_locks
from feiqian.money import CurrencyNumber, MinorUnits
from feiqian.notify.values import Amount, At, Value
from feiqian.policy.factors import Purpose
from feiqian.policy.model import Delays
from feiqian.runtime import logs
from feiqian.runtime.transactions import reads, writes
from feiqian.subjects import customer as customer_of

CLOSE, RELEASE = "lock_money", "open_money_lock"
MOST = 10  # locks of one customer that are not open
SHOWN = 10  # open ones that are shown, the newest
EVERY_SECONDS, AT_ONCE = 10.0, 100
_c = money_locks.c
_COLUMNS = [_c[name] for name in MoneyLock._fields]
_log = logs.get("feiqian.locks")


class OfLock(msgspec.Struct, frozen=True):
    """Which lock the ledger is told of."""

    lock: str


@dataclass(kw_only=True, eq=False, repr=False)
class MoneyLocks(AccessService):
    """The locks of one bank. Methods with a session are of its own customer; another's lock is as if it were not."""

    ledger: Ledger
    intents: LedgerIntents
    accounts: Accounts
    deposits: Deposits
    verification: Verification
    delays: Delays

    @property
    def kinds(self) -> tuple[IntentKind, IntentKind]:
        """What the ledger is told of."""
        return (
            IntentKind(CLOSE, OfLock, self._hold, self._locked, refuse=self._refused),
            IntentKind(RELEASE, OfLock, self._release, self._opened),
        )

    # --- locking ---------------------------------------------------------------------------------------------------

    async def lock(
        self, session: Session, account: str, currency: CurrencyNumber, amount: MinorUnits, reference: str
    ) -> MoneyLock:
        """Nothing spends the amount when this returns. The same `reference` again is the same lock.

        `account` is the id of a deposit account of this currency, or empty: the wallet. Raises LockRefused.
        """
        wanted = await self.transactions.read(self._wanted, session, account, currency, amount)
        found = await self.transactions.read(self._of_reference, wanted.customer, reference)
        if found is None:
            found = await self._begin(wanted, reference)
        if (found.account, found.currency, found.amount) != (account, currency, amount):
            raise LockRefused("reference")
        await self.intents.finish(CLOSE, found.id)
        done = await self.transactions.read(self._find, found.customer, found.id)
        if done is None:  # it was spent in between
            raise LockRefused("insufficient")
        return done

    async def _begin(self, wanted: MoneyLock, reference: str) -> MoneyLock:
        try:
            self._check(wanted)
        except LockRefused:  # what is lacking may be in this very lock, if it was asked for twice at once
            if found := await self.transactions.read(self._of_reference, wanted.customer, reference):
                return found
            raise
        return await self.transactions.write(self._intend, wanted, reference)

    def _wanted(
        self, connection: Connection, session: Session, account: str, currency: CurrencyNumber, amount: MinorUnits
    ) -> MoneyLock:
        number, now = session.subject.customer, self.clock.now()
        ledger_id = wallet_id(currency, number)
        if account:
            ours = [one for one in self.deposits.of(connection, number) if one.id == account]
            if not ours or ours[0].currency != currency:
                raise LockRefused("account")
            ledger_id = ours[0].ledger_id
        return MoneyLock(new_id(LOCK, now), number, account, currency, amount, LockState.LOCKING, ledger_id, now, 0, 0)

    def _check(self, wanted: MoneyLock) -> None:
        """Says why the ledger would refuse it as things stand. Raises LockRefused."""
        if wanted.amount <= 0:
            raise LockRefused("amount")
        account = self.ledger.engine.account(wanted.ledger_id)
        if account is None:
            raise LockRefused("account")
        if account.closed_and_frozen & (Side.DEBIT | CLOSED):
            raise LockRefused("stopped")
        if wanted.amount > account.available:
            raise LockRefused("insufficient")

    def _intend(self, connection: Connection, wanted: MoneyLock, reference: str) -> MoneyLock:
        self.customers.profiles.lock(connection, wanted.customer)
        if found := self._of_reference(connection, wanted.customer, reference):
            return found
        closed = select(func.count()).where(_c.customer == wanted.customer, _c.state != LockState.OPEN)
        if connection.execute(closed).scalar_one() >= MOST:
            raise LockRefused("too_many")
        connection.execute(insert(money_locks).values(**wanted._asdict(), reference=reference))
        self.intents.put(connection, CLOSE, wanted.id, OfLock(wanted.id))
        return wanted

    async def _hold(self, intent: LedgerIntent) -> None:
        posting = self.ledger.post(opening.lock(await self.transactions.read(self._get, intent.subject)))
        await self.ledger.durable(posting.position)
        if posting.refusal not in ACCEPTED:
            if not posting.refusal.remembered:
                raise RuntimeError(f"a money lock was refused as {posting.refusal.name}")
            raise IntentRefused(posting.refusal.name)

    def _locked(self, connection: Connection, intent: LedgerIntent, now: int) -> None:
        lock = self._get(connection, intent.subject)
        self._move(connection, lock, LockState.LOCKING, LockState.LOCKED)
        self._note(connection, lock, "money_locked")

    def _refused(self, connection: Connection, intent: LedgerIntent, why: str, now: int) -> None:
        connection.execute(delete(money_locks).where(_c.id == intent.subject, _c.state == LockState.LOCKING))

    # --- opening ---------------------------------------------------------------------------------------------------

    async def challenge(self, session: Session, id: str) -> ChallengeView:
        """Begins a challenge for `open`. Raises LockNotFound, LockStateDiffers."""
        binding = await self.transactions.read(self._binding, session, id)
        return await self.verification.begin(session.subject, binding, session.language, device=session.device)

    @writes
    def open(self, connection: Connection, session: Session, id: str, challenge: str) -> MoneyLock:
        """The lock opens once the policy's delay is over, unless it is kept. Its owner is told on every channel.

        Raises LockNotFound, LockStateDiffers, and verification's errors.
        """
        now, binding = self.clock.now(), self._binding(connection, session, id)
        self.verification.consume_within(connection, challenge, session.subject, binding, now)
        lock, opens_at = self._own(connection, session, id), now + self.delays.open_lock_hours * HOUR
        self._move(connection, lock, LockState.LOCKED, LockState.OPENING, opens_at=opens_at)
        self._note(connection, lock, "lock_opening")
        self._tell(connection, lock, "lock_opening", at=At(opens_at))
        return lock._replace(state=LockState.OPENING, opens_at=opens_at)

    @writes
    def keep(self, connection: Connection, session: Session, id: str) -> MoneyLock:
        """Stays locked after all; nothing has to be proved. Raises LockNotFound, LockStateDiffers."""
        lock = self._own(connection, session, id)
        if lock.state is not LockState.LOCKED:
            self._move(connection, lock, LockState.OPENING, LockState.LOCKED, opens_at=0)
            self._note(connection, lock, "lock_kept")
        return lock._replace(state=LockState.LOCKED, opens_at=0)

    async def open_due(self) -> int:
        """Opens those whose wait is over, and returns how many. Raises LedgerError while nothing is decided."""
        self.ledger.require_deciding()  # by a clock that has jumped, no wait is over
        done = 0
        for lock in await self.transactions.read(self._due):
            stopped = self.accounts.frozen(lock.customer)
            done += await self.transactions.write(self._begin_release, lock, stopped)
            await self.intents.finish(RELEASE, lock.id)
        return done

    async def run(self) -> None:
        """Opens what is due until cancelled."""
        while True:
            try:
                await self.open_due()
            except LedgerError as error:
                _log.warning("money_locks_wait", why=type(error).__name__)
            except Exception as error:
                _log.error("money_locks_not_opened", why=type(error).__name__, exc_info=error)
            await asyncio.sleep(EVERY_SECONDS)

    def _begin_release(self, connection: Connection, lock: MoneyLock, stopped: bool) -> bool:
        """Whoever has frozen all meanwhile did not ask for it, or thinks better of it: then it stays locked."""
        after = LockState.LOCKED if stopped else LockState.RELEASING
        values = {"opens_at": 0} if stopped else {}
        due = _c.opens_at <= self.clock.now()
        if not self._moved(connection, lock, LockState.OPENING, after, due, **values):
            return False  # kept, or begun again
        if stopped:
            self._note(connection, lock, "lock_kept")
            self._tell(connection, lock, "lock_kept")
            return False
        self.intents.put(connection, RELEASE, lock.id, OfLock(lock.id))
        return True

    async def _release(self, intent: LedgerIntent) -> None:
        posting = self.ledger.post(opening.unlock(await self.transactions.read(self._get, intent.subject)))
        await self.ledger.durable(posting.position)
        if posting.refusal not in ACCEPTED:
            raise RuntimeError(f"the opening of a money lock was refused as {posting.refusal.name}")

    def _opened(self, connection: Connection, intent: LedgerIntent, now: int) -> None:
        lock = self._get(connection, intent.subject)
        self._move(connection, lock, LockState.RELEASING, LockState.OPEN, opened_at=now)
        self._note(connection, lock, "lock_opened")
        self._tell(connection, lock, "lock_opened")

    # --- asking ----------------------------------------------------------------------------------------------------

    def of(self, connection: Connection, customer: CustomerNumber) -> list[MoneyLock]:
        """All that are not open, and the newest that are; the newest first."""
        newest = select(_c.id).where(_c.customer == customer, _c.state == LockState.OPEN)
        newest = newest.order_by(_c.opened_at.desc(), _c.id).limit(SHOWN)
        return self._where(
            connection, and_(_c.customer == customer, or_(_c.state != LockState.OPEN, _c.id.in_(newest)))
        )

    @reads
    def all_of(self, connection: Connection, customer: CustomerNumber) -> list[MoneyLock]:
        """`of`, in a transaction of its own."""
        return self.of(connection, customer)

    async def places(self, customer: CustomerNumber) -> list[Place]:
        """Wallets and accounts that are not closed, with what is reserved of each, as the ledger has it."""
        deposits = await self.deposits.all_of(customer)
        wallets = self.accounts.wallets(customer)
        found = [await self._place(customer, wallet_id(currency, customer), "", currency) for currency in wallets]
        found += [await self._place(customer, one.ledger_id, one.id, one.currency, one.last_four) for one in deposits]
        await self.ledger.durable(self.ledger.position)
        return [place for place in found if place is not None]

    async def reserved(self, customer: CustomerNumber, ledger_id: bytes) -> Reserved:
        """What of a customer's account is locked, and what is held for something else."""
        account = self.ledger.engine.account(ledger_id)
        if account is None or not account.debits_pending:
            return Reserved()
        all = account.debits_pending
        locked = min(all, await self.transactions.read(self._sum_locked, customer, ledger_id))
        return Reserved(MinorUnits(locked), MinorUnits(all - locked))

    def _sum_locked(self, connection: Connection, customer: CustomerNumber, ledger_id: bytes) -> int:
        """Of locks that the ledger has, or is being told of."""
        these = and_(_c.customer == customer, _c.ledger_id == ledger_id, _c.state != LockState.OPEN)
        return int(connection.execute(select(func.sum(_c.amount)).where(these)).scalar_one() or 0)

    async def _place(
        self, customer: CustomerNumber, ledger_id: bytes, id: str, currency: CurrencyNumber, last_four: str = ""
    ) -> Place | None:
        account = self.ledger.engine.account(ledger_id)
        if account is None or account.closed_and_frozen & CLOSED:
            return None
        return Place(id, currency, MinorUnits(account.balance), await self.reserved(customer, ledger_id), last_four)

    def _due(self, connection: Connection) -> list[MoneyLock]:
        due = and_(_c.state == LockState.OPENING, _c.opens_at <= self.clock.now())
        rows: Any = connection.execute(select(*_COLUMNS).where(due).order_by(_c.opens_at).limit(AT_ONCE))
        return [MoneyLock(*row) for row in rows]

    def _binding(self, connection: Connection, session: Session, id: str) -> ChallengeBinding:
        lock = self._own(connection, session, id)
        if lock.state is not LockState.LOCKED:
            raise LockStateDiffers(lock.state)
        return ChallengeBinding(purpose=Purpose.OPEN_LOCK, amount=lock.amount, currency=lock.currency, ids=id)

    def _own(self, connection: Connection, session: Session, id: str) -> MoneyLock:
        found = self._find(connection, session.subject.customer, id)
        if found is None:
            raise LockNotFound("there is no such lock")
        return found

    def _find(self, connection: Connection, customer: CustomerNumber, id: str) -> MoneyLock | None:
        return next(iter(self._where(connection, and_(_c.id == id, _c.customer == customer))), None)

    def _get(self, connection: Connection, id: str) -> MoneyLock:
        (found,) = self._where(connection, _c.id == id)
        return found

    def _of_reference(self, connection: Connection, customer: CustomerNumber, reference: str) -> MoneyLock | None:
        same = and_(_c.customer == customer, _c.reference == reference)
        return next(iter(self._where(connection, same)), None)

    def _where(self, connection: Connection, condition: ColumnElement[bool]) -> list[MoneyLock]:
        rows: Any = connection.execute(select(*_COLUMNS).where(condition).order_by(_c.locked_at.desc(), _c.id.desc()))
        return [MoneyLock(*row) for row in rows]

    # --- steps -----------------------------------------------------------------------------------------------------

    def _move(
        self, connection: Connection, lock: MoneyLock, before: LockState, after: LockState, **values: int
    ) -> None:
        """Raises LockStateDiffers."""
        if not self._moved(connection, lock, before, after, **values):
            raise LockStateDiffers(lock.state)

    def _moved(
        self,
        connection: Connection,
        lock: MoneyLock,
        before: LockState,
        after: LockState,
        *also: ColumnElement[bool],
        **values: int,
    ) -> bool:
        """Whether it was so, and is changed now: of two at once, one."""
        which = and_(_c.id == lock.id, _c.state == before, *also)
        return bool(connection.execute(update(money_locks).where(which).values(state=after, **values)).rowcount)

    def _note(self, connection: Connection, lock: MoneyLock, action: str) -> None:
        details = {"lock": lock.id, "amount": lock.amount, "currency": lock.currency}
        self._record(connection, customer_of(lock.customer), action, details)

    def _tell(self, connection: Connection, lock: MoneyLock, kind: str, **values: Value) -> None:
        amount = Amount(lock.amount, lock.currency)
        self.notices.tell(connection, lock.customer, kind, self.clock.now(), {"amount": amount, **values})
