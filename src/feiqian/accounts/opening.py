"""The ledger events that open accounts, set what a customer may spend, freeze and correct. Pure."""

from __future__ import annotations

from feiqian.accounts.kinds import AccountKind, AccountTransferKind, day_amount_id, day_unverified_id, wallet_id
from feiqian.ids import CustomerNumber
from feiqian.ledger import chart
from feiqian.ledger.chart import BANK, account_id, derived_id
from feiqian.ledger.engine import UNLIMITED, Period, Side, chain
from feiqian.money import CurrencyNumber, MinorUnits


def bank_accounts(currency: CurrencyNumber) -> bytes:
    """The bank's own accounts in a currency (ISO 4217 number). All but that of fees may be debited without bound."""
    return chain(
        chart.account(account_id(AccountKind.MERCHANT_FEES, currency, BANK), AccountKind.MERCHANT_FEES, currency),
        *(
            chart.account(account_id(kind, currency, BANK), kind, currency, overdraft=UNLIMITED)
            for kind in (AccountKind.BANK_CASH, AccountKind.OPENING, AccountKind.CORRECTIONS)
        ),
    )


def wallet(
    customer: CustomerNumber, currency: CurrencyNumber, *, day_amount: MinorUnits, unverified_per_day: int
) -> bytes:
    """A customer's wallet, and what of it may be spent in a day: minor units, and a count in all currencies."""
    return chain(
        chart.account(wallet_id(currency, customer), AccountKind.CUSTOMER_WALLET, currency),
        day_limit(customer, currency, day_amount),
        unverified_count(customer, unverified_per_day),
    )


def day_limit(customer: CustomerNumber, currency: CurrencyNumber, amount: MinorUnits) -> bytes:
    """Sets how much of a wallet may be paid with in a day, in minor units; what was paid today stays counted."""
    return chart.allowance(day_amount_id(currency, customer), amount, Period.DAY)


def unverified_count(customer: CustomerNumber, per_day: int) -> bytes:
    """Sets how many payments of a day the customer need not verify, in all currencies together."""
    return chart.allowance(day_unverified_id(customer), per_day, Period.DAY)


def freeze(customer: CustomerNumber, currency: CurrencyNumber) -> bytes:
    """Stops what leaves a wallet, captures of holds too. What comes in still does."""
    return chart.freeze(wallet_id(currency, customer), Side.DEBIT)


def opening_balance(customer: CustomerNumber, currency: CurrencyNumber, amount: MinorUnits) -> bytes:
    """What a customer brought in, once: a second one for the same wallet is the first again, or refused."""
    return chart.transfer(
        derived_id(b"opening", currency.to_bytes(2, "big"), customer.to_bytes(8, "big")),
        debit=account_id(AccountKind.OPENING, currency, BANK),
        credit=wallet_id(currency, customer),
        amount=amount,
        kind=AccountTransferKind.OPENING_BALANCE,
    )


def correction_id(reference: str) -> bytes:
    """The transfer that a correction's reference names."""
    return derived_id(b"correction", reference.encode())


def correction_reference(reference: str) -> str:
    """What customer and staff call a correction: it is of the transfer, so that statements have it, too."""
    return shown_reference(correction_id(reference))


def shown_reference(transfer: bytes) -> str:
    """The same, of the transfer's id."""
    return transfer.hex()[:10].upper()


def correction(customer: CustomerNumber, currency: CurrencyNumber, amount: MinorUnits, reference: str) -> bytes:
    """A correction of a wallet by `amount` (above zero: the customer gains), once for each reference.

    Its other side is the bank's account of corrections, which a bank of an older version opens with the first one.
    """
    corrections = account_id(AccountKind.CORRECTIONS, currency, BANK)
    sides = corrections, wallet_id(currency, customer)
    debit, credit = sides if amount > 0 else sides[::-1]
    return chain(
        chart.account(corrections, AccountKind.CORRECTIONS, currency, overdraft=UNLIMITED),
        chart.transfer(
            correction_id(reference),
            debit=debit,
            credit=credit,
            amount=abs(amount),
            kind=AccountTransferKind.CORRECTION,
        ),
    )
