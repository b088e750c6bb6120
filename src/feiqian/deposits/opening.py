"""The ledger events of deposit accounts. Pure."""

from __future__ import annotations

from feiqian.accounts.kinds import AccountKind
from feiqian.deposits.model import DepositAccount
from feiqian.ledger import chart


def account(account: DepositAccount) -> bytes:
    """Opens it in the ledger; again, it is the same."""
    return chart.account(account.ledger_id, AccountKind.CUSTOMER_DEPOSIT, account.currency)
