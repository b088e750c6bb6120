"""The numbers and ids by which the ledger knows what is the accounts' own. On disk: given once, never used again."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from functools import partial

from feiqian.ids import CustomerNumber
from feiqian.ledger.chart import account_id, allowance_id
from feiqian.money import NO_CURRENCY, CurrencyNumber


class AccountKind(IntEnum):
    """What an account is. Wallets and deposit accounts are what the bank owes, cash is what it has; the others are its
    own."""

    CUSTOMER_WALLET = 1
    MERCHANT_FEES = 3  # the bank's income from merchants; owner 0
    BANK_CASH = 4
    OPENING = 5  # the other side of balances that were brought in
    CORRECTIONS = 6  # the other side of what staff corrected, two of them each time
    CUSTOMER_DEPOSIT = 7  # several of a customer: from index 1 on in each currency


# Whose owner is a customer, by number.
OF_CUSTOMERS = (AccountKind.CUSTOMER_WALLET, AccountKind.CUSTOMER_DEPOSIT)


class AllowanceKind(IntEnum):
    """What an allowance counts. 103 was one of refunds."""

    DAY_AMOUNT = 101  # a customer's payments of a day, in minor units of the currency
    DAY_UNVERIFIED_COUNT = 102  # a customer's payments of a day that nobody verified; currency 0


class AccountTransferKind(IntEnum):
    """Why money moves."""

    OPENING_BALANCE = 4
    CORRECTION = 10  # of a customer's balance, by staff


Id = Callable[[CurrencyNumber, CustomerNumber], bytes]
wallet_id: Id = partial(account_id, int(AccountKind.CUSTOMER_WALLET))
deposit_id: Callable[[CurrencyNumber, CustomerNumber, int], bytes] = partial(
    account_id, int(AccountKind.CUSTOMER_DEPOSIT)
)
day_amount_id: Id = partial(allowance_id, int(AllowanceKind.DAY_AMOUNT))
day_unverified_id: Callable[[CustomerNumber], bytes] = partial(
    allowance_id, int(AllowanceKind.DAY_UNVERIFIED_COUNT), NO_CURRENCY
)
