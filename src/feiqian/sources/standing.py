"""How a customer's sources stand now: the order of each currency, what each account has, and what pays next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from feiqian.accounts.kinds import wallet_id
from feiqian.deposits.model import WALLET, AccountState, DepositAccount
from feiqian.ids import CustomerNumber
from feiqian.ledger.engine import CLOSED, Side
from feiqian.ledger.ledger import Ledger
from feiqian.money import BY_NUMBER, Currency, CurrencyNumber, MinorUnits, Money
from feiqian.sources.model import Choice

SMALLEST = MinorUnits(1)


class Source(NamedTuple):
    """The wallet, or the deposit account. `available` is what it could pay now; `state` is as the ledger has it."""

    account: DepositAccount | None
    ledger_id: bytes
    available: Money
    state: AccountState

    @property
    def id(self) -> str:
        """By which it is chosen."""
        return WALLET if self.account is None else self.account.id

    @property
    def pays(self) -> bool:
        """Whether money leaves it at all."""
        return self.state is AccountState.OPEN


class Standing(NamedTuple):
    """Of one currency. `order` has closed accounts as well, `others` what could be chosen besides; `next` pays now."""

    currency: Currency
    order: list[Source]
    others: list[Source]
    falls_through: bool
    next: Source | None

    @property
    def offered(self) -> list[Source]:
        """What an order can be made of."""
        return [source for source in (*self.order, *self.others) if source.state is not AccountState.CLOSED]

    @property
    def can_choose(self) -> bool:
        """Whether there is more than the one account that pays anyhow."""
        return len(self.offered) > 1 or any(source.id != WALLET for source in self.offered)


def standing(
    ledger: Ledger,
    customer: CustomerNumber,
    currency: CurrencyNumber,
    accounts: Sequence[DepositAccount],
    choice: Choice,
    paying: bytes,
) -> Standing:
    """Of these accounts, which are the customer's and in this currency. `paying` is the ledger account that is next."""
    wallet = source(ledger, None, wallet_id(currency, customer), currency)
    found = {one.id: source(ledger, one, one.ledger_id, currency) for one in accounts}
    if wallet.state is not AccountState.OPENING:
        found = {WALLET: wallet} | found
    order = [found[id] for id in choice.accounts if id in found]
    others = [one for one in found.values() if one not in order and one.state is not AccountState.CLOSED]
    pays = next((one for one in found.values() if one.ledger_id == paying), None)
    return Standing(BY_NUMBER[currency], order, others, choice.falls_through, pays)


def source(ledger: Ledger, account: DepositAccount | None, ledger_id: bytes, currency: CurrencyNumber) -> Source:
    """As the ledger has it; opening, while that knows nothing of it."""
    found = ledger.engine.account(ledger_id)
    if found is None:
        return Source(account, ledger_id, Money(MinorUnits(0), BY_NUMBER[currency]), AccountState.OPENING)
    dormant = account is not None and account.state is AccountState.DORMANT
    state = AccountState.OPEN
    if found.closed_and_frozen & CLOSED:
        state = AccountState.CLOSED
    elif found.closed_and_frozen & Side.DEBIT:
        state = AccountState.DORMANT if dormant else AccountState.FROZEN
    return Source(account, ledger_id, Money(MinorUnits(found.available), BY_NUMBER[currency]), state)
