"""The ledger events that open a customer's wallet, a merchant's account and the bank's own accounts. Pure."""

from __future__ import annotations

from feiqian.ledger import chart
from feiqian.ledger.chart import AccountKind, AllowanceKind, TransferKind, account_id, allowance_id, derived_id
from feiqian.ledger.engine import UNLIMITED, Period, chain
from feiqian.payments.plan import BANK
from feiqian.payments.policy import POLICIES, UNVERIFIED_PER_DAY


def bank_accounts(currency: int) -> bytes:
    """The bank's own accounts in a currency (ISO 4217 number). Cash and openings may be debited without bound."""
    return chain(
        chart.account(account_id(AccountKind.MERCHANT_FEES, currency, BANK), AccountKind.MERCHANT_FEES, currency),
        chart.account(
            account_id(AccountKind.BANK_CASH, currency, BANK), AccountKind.BANK_CASH, currency, overdraft=UNLIMITED
        ),
        chart.account(
            account_id(AccountKind.OPENING, currency, BANK), AccountKind.OPENING, currency, overdraft=UNLIMITED
        ),
    )


def wallet(
    customer: int, currency: int, *, day_amount: int | None = None, unverified_per_day: int = UNVERIFIED_PER_DAY
) -> bytes:
    """A customer's wallet and its allowances; the policy's limits unless others are given. KeyError: no policy."""
    kind = AccountKind.CUSTOMER_WALLET
    cap = POLICIES[currency].day_amount if day_amount is None else day_amount
    return chain(
        chart.account(account_id(kind, currency, customer), kind, currency),
        chart.allowance(allowance_id(AllowanceKind.DAY_AMOUNT, currency, customer), cap, Period.DAY),
        chart.allowance(allowance_id(AllowanceKind.DAY_UNVERIFIED_COUNT, 0, customer), unverified_per_day, Period.DAY),
    )


def merchant(number: int, currency: int) -> bytes:
    """A merchant's account of what it has received and not yet been paid out."""
    kind = AccountKind.MERCHANT_PAYABLE
    return chart.account(account_id(kind, currency, number), kind, currency)


def opening_balance(customer: int, currency: int, amount: int) -> bytes:
    """What a customer brought in, once: a second one for the same wallet is the first again, or refused."""
    return chart.transfer(
        derived_id(b"opening", currency.to_bytes(2, "big"), customer.to_bytes(8, "big")),
        account_id(AccountKind.OPENING, currency, BANK),
        account_id(AccountKind.CUSTOMER_WALLET, currency, customer),
        amount,
        TransferKind.OPENING_BALANCE,
    )
