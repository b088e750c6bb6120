"""The ledger events of deposit accounts. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from feiqian.accounts.kinds import AccountKind, deposit_id
from feiqian.deposits.model import DepositAccount
from feiqian.ledger import chart
from feiqian.ledger.engine import Side, chain


def account(account: DepositAccount, places: Iterable[int], *, stopped: bool) -> bytes:
    """Opens the accounts of these places of the customer's, and lets debits of `account` go on or stops them.

    Again, it is the same. `places` are those that are missing up to that account's, so that there is never a gap.
    """
    ids = [deposit_id(account.currency, account.customer, place) for place in places]
    opened = [chart.account(id, AccountKind.CUSTOMER_DEPOSIT, account.currency) for id in ids]
    stop = chart.freeze if stopped else chart.unfreeze
    return chain(*opened, stop(account.ledger_id, Side.DEBIT))
