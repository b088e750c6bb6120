"""Closing an account: nothing is pending, and what it holds moves to another account of its holder's, in one chain.

Decided in the bank's database and carried out by an intent, so that a crash leaves no account half closed. Whether the
account can be closed counts when the ledger is told; until then it is looked at to say why not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, update

from feiqian.accounts.kinds import AccountKind, wallet_id
from feiqian.accounts.service import Accounts
from feiqian.auth.base import AccessService
from feiqian.auth.challenges.model import ChallengeBinding, ChallengeView
from feiqian.auth.challenges.service import Verification
from feiqian.auth.sessions.model import Session
from feiqian.deposits.errors import NotClosable
from feiqian.deposits.kinds import DepositTransferKind
from feiqian.deposits.model import WALLET, AccountState, DepositAccount
from feiqian.deposits.numbers import masked
from feiqian.deposits.service import Deposits
from feiqian.deposits.tables import accounts
from feiqian.deposits.transfers import Receives
from feiqian.events import OwnTransferDecided, TransferStatus, encode_fact
from feiqian.ids import TRANSFER, CustomerNumber, new_id
from feiqian.ledger import chart
from feiqian.ledger.engine import CLOSED, Account, Refusal, Side, chain
from feiqian.ledger.ledger import Ledger
from feiqian.ledger_intents.errors import IntentRefused
from feiqian.ledger_intents.model import IntentKind, LedgerIntent
from feiqian.ledger_intents.service import LedgerIntents
from feiqian.money import MinorUnits
from feiqian.payments.service import Payments
from feiqian.policy.factors import Purpose
from feiqian.subjects import Subject, customer

CLOSE = "close_account"
Within = Callable[[Connection, int], None]


class ClosingWanted(msgspec.Struct, frozen=True):
    """Which account is closed, where its money goes (an account's id, or WALLET), and who decided it."""

    account: str
    target: str
    by: Subject


@dataclass(kw_only=True, eq=False, repr=False)
class Closing(AccessService):
    """For holders, who prove who they are, and for staff."""

    ledger: Ledger
    accounts: Accounts
    intents: LedgerIntents
    verification: Verification
    deposits: Deposits
    payments: Callable[[], Payments]
    receives: Receives = lambda *_: None

    @property
    def intent(self) -> IntentKind:
        return IntentKind(CLOSE, ClosingWanted, self._close_in_ledger, self._closed, refuse=self._not_closed)

    # --- by its holder -------------------------------------------------------------------------------------------

    async def challenge(self, session: Session, id: str, target: str) -> ChallengeView:
        """Begins the challenge that `close` needs. Raises AccountNotFound, NotClosable, FactorNotEnrolled."""
        binding = await self.transactions.read(self._binding, session.subject.customer, id, target)
        return await self.verification.begin(session.subject, binding, session.language, device=session.device)

    async def close(self, session: Session, challenge: str, id: str, target: str) -> None:
        """The account is closed on return, and its money is on the other one.

        Raises AccountNotFound, NotClosable, and verification's errors.
        """
        holder = session.subject.customer

        def consume(connection: Connection, now: int) -> None:
            binding = self._binding(connection, holder, id, target)
            self.verification.consume_within(connection, challenge, session.subject, binding, now)

        await self._close(holder, ClosingWanted(id, target, session.subject), consume)

    def _binding(self, connection: Connection, holder: CustomerNumber, id: str, target: str) -> ChallengeBinding:
        """Raises AccountNotFound, NotClosable."""
        account, other = self._both(connection, holder, id, target)
        return ChallengeBinding(
            purpose=Purpose.CLOSE_ACCOUNT,
            kind=WALLET if other is None else "",
            payer=masked(account.last_four),
            payee="" if other is None else masked(other.last_four),
            ids=f"{id} {target}",
        )

    # --- by staff ------------------------------------------------------------------------------------------------

    async def check(self, holder: CustomerNumber, id: str, target: str) -> None:
        """Raises AccountNotFound, NotClosable."""
        await self.transactions.read(self._both, holder, id, target)

    async def close_for(self, holder: CustomerNumber, id: str, target: str, by: Subject) -> None:
        """As `close`, by a member of staff; again: nothing more happens. Raises AccountNotFound, NotClosable."""
        await self.intents.finish(CLOSE, id)
        account = await self.transactions.read(self.deposits.own, holder, id)
        if account.state is not AccountState.CLOSED:
            await self._close(holder, ClosingWanted(id, target, by), lambda *_: None)

    # --- deciding it ---------------------------------------------------------------------------------------------

    async def _close(self, holder: CustomerNumber, wanted: ClosingWanted, within: Within) -> None:
        subject = await self.transactions.write(self._decide, holder, wanted, within)
        await self.intents.finish(CLOSE, subject)
        account = await self.transactions.read(self.deposits.get, wanted.account)
        if account.state is not AccountState.CLOSED:
            await self.check(holder, wanted.account, wanted.target)
            raise NotClosable("under_way")  # what stood in its way has just ended

    def _decide(self, connection: Connection, holder: CustomerNumber, wanted: ClosingWanted, within: Within) -> str:
        within(connection, self.clock.now())
        self.customers.profiles.lock(connection, holder)
        account, _ = self._both(connection, holder, wanted.account, wanted.target)
        return self.intents.put(connection, CLOSE, account.id, wanted).subject

    def _both(
        self, connection: Connection, holder: CustomerNumber, id: str, target: str
    ) -> tuple[DepositAccount, DepositAccount | None]:
        """The account, and the one that its money goes to (None: the wallet). Raises AccountNotFound, NotClosable."""
        account = self.deposits.own(connection, holder, id)
        other = None if target == WALLET else self.deposits.own(connection, holder, target)
        pending = self.intents.any_pending(connection, id)
        if (why := "under_way" if pending else self._why_not(account, other)) is not None:
            raise NotClosable(why)
        return account, other

    def _why_not(self, account: DepositAccount, other: DepositAccount | None) -> str | None:
        """Why the account cannot be closed as things stand, or None."""
        if account.state is not AccountState.OPEN:
            return account.state.value
        if other is not None and (other.currency != account.currency or other.id == account.id):
            return "target"
        if other is not None and other.state in (AccountState.OPENING, AccountState.CLOSED):
            return "target"
        engine = self.ledger.engine
        there, to = engine.account(account.ledger_id), engine.account(_ledger_id(account, other))
        if there is None:
            return "opening"
        if there.closed_and_frozen & Side.DEBIT:
            return "frozen"
        balance = MinorUnits(there.balance)
        if balance and not _takes(to):
            return "target"
        if balance and self.receives(account.customer, account.currency, _ledger_id(account, other), balance):
            return "balance_limit"
        if there.debits_pending or there.credits_pending:
            return "money_held"
        return "payments_wait" if self.payments().waits_for(account.customer, account.ledger_id) else None

    # --- carrying it out -----------------------------------------------------------------------------------------

    async def _close_in_ledger(self, intent: LedgerIntent) -> None:
        wanted: ClosingWanted = intent.payload
        account, other = await self.transactions.read(self._accounts, wanted)
        there = self.ledger.engine.account(account.ledger_id)
        if there is None or not there.closed_and_frozen & CLOSED:
            if (why := self._why_not(account, other)) is not None:
                raise IntentRefused(why)
            self._post(account, _ledger_id(account, other), intent)
        await self.ledger.durable(self.ledger.position)

    def _accounts(self, connection: Connection, wanted: ClosingWanted) -> tuple[DepositAccount, DepositAccount | None]:
        other = None if wanted.target == WALLET else self.deposits.get(connection, wanted.target)
        return self.deposits.get(connection, wanted.account), other

    def _post(self, account: DepositAccount, to: bytes, intent: LedgerIntent) -> None:
        """Empties and closes it in one chain, and records what moved. Nothing awaits. Raises IntentRefused."""
        transfer = chart.derived_id(b"closing", intent.id.encode())
        amount, now = MinorUnits(self.deposits.balance(account)), self.ledger.clock.now()
        sides = {"debit": account.ledger_id, "credit": to}
        wallet = wallet_id(account.currency, account.customer)
        events = [chart.close(account.ledger_id)]
        if amount:
            events.insert(0, chart.transfer(transfer, **sides, amount=amount, kind=DepositTransferKind.CLOSING))
        if self.ledger.engine.account(wallet) is None:  # where refunds of what the account has paid will go
            events.insert(0, chart.account(wallet, AccountKind.CUSTOMER_WALLET, account.currency))
        refusal = self.ledger.post(chain(*events)).refusal
        if refusal is not Refusal.OK:
            raise IntentRefused("money_held" if refusal is Refusal.ACCOUNT_NOT_EMPTY else "target")
        if amount:
            fact = OwnTransferDecided(
                new_id(TRANSFER, now),
                transfer,
                TransferStatus.SUCCEEDED,
                None,
                account.customer,
                amount,
                account.currency,
                account.ledger_id,
                to,
                account.id,
                now,
                closing=True,
            )
            self.ledger.record(encode_fact(fact))
        self.accounts.tell_stopped(account.customer)

    def _closed(self, connection: Connection, intent: LedgerIntent, now: int) -> None:
        wanted: ClosingWanted = intent.payload
        c = accounts.c
        values = {"state": AccountState.CLOSED, "closed_at": now, "alias": "", "alias_blind": None}
        connection.execute(update(accounts).where(c.id == wanted.account).values(values))
        account = self.deposits.get(connection, wanted.account)
        details = {"account": account.id, "target": wanted.target}
        self.audit_log.append(connection, wanted.by, "account_closed", str(customer(account.customer)), details, now)
        self.notices.changed(connection, account.customer, "account_closed", now)

    def _not_closed(self, connection: Connection, intent: LedgerIntent, why: str, now: int) -> None:
        """The account stays as it was; who asked is told why, and staff can read it."""
        wanted: ClosingWanted = intent.payload
        account = self.deposits.get(connection, wanted.account)
        details = {"account": account.id, "why": why}
        about = str(customer(account.customer))
        self.audit_log.append(connection, wanted.by, "account_not_closed", about, details, now)


def _ledger_id(account: DepositAccount, other: DepositAccount | None) -> bytes:
    """Where the money of an account goes that is closed."""
    return wallet_id(account.currency, account.customer) if other is None else other.ledger_id


def _takes(account: Account | None) -> bool:
    """Whether money can come in; what is missing is a wallet, which is opened then."""
    return account is None or not account.closed_and_frozen & (CLOSED | Side.CREDIT)
