"""The ledger events of deposit accounts. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from feiqian.accounts.kinds import AccountKind, AccountTransferKind, deposit_id
from feiqian.deposits.model import DepositAccount
from feiqian.ids import CustomerNumber
from feiqian.ledger import chart
from feiqian.ledger.chart import BANK, account_id, derived_id
from feiqian.ledger.engine import UNLIMITED, Side, chain
from feiqian.money import CurrencyNumber, MinorUnits


def account(account: DepositAccount, places: Iterable[int], *, stopped: bool) -> bytes:
    """Opens the accounts of these places of the customer's, and lets debits of `account` go on or stops them.

    Again, it is the same. `places` are those that are missing up to that account's, so that there is never a gap.
    """
    ids = [deposit_id(account.currency, account.customer, place) for place in places]
    opened = [chart.account(id, AccountKind.CUSTOMER_DEPOSIT, account.currency) for id in ids]
    stop = chart.freeze if stopped else chart.unfreeze
    return chain(*opened, stop(account.ledger_id, Side.DEBIT))


def with_balance(customer: CustomerNumber, currency: CurrencyNumber, place: int, amount: MinorUnits) -> bytes:
    """Opens an account with what its holder brought in, once: again, it is the first time again, or refused."""
    account, source = deposit_id(currency, customer, place), account_id(AccountKind.OPENING, currency, BANK)
    brought_in = chart.transfer(
        derived_id(b"opening", account),
        debit=source,
        credit=account,
        amount=amount,
        kind=AccountTransferKind.OPENING_BALANCE,
    )
    return chain(
        chart.account(source, AccountKind.OPENING, currency, overdraft=UNLIMITED),
        chart.account(account, AccountKind.CUSTOMER_DEPOSIT, currency),
        brought_in,
    )
