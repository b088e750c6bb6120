"""The rows of new accounts: sealed, and with the keyed hashes by which accounts are found."""

from __future__ import annotations

from typing import Any, NamedTuple

from feiqian.deposits.model import AccountState
from feiqian.deposits.tables import NUMBER
from feiqian.field_cipher import FieldCipher
from feiqian.ids import ACCOUNT, CustomerNumber, new_id
from feiqian.money import CurrencyNumber

NUMBER_CONTEXT, SIX_CONTEXT = "account-number", "account-six"


class NewAccount(NamedTuple):
    """An account to be kept; `now` in Unix microseconds, `reference` under which it is opened once ("": none)."""

    customer: CustomerNumber
    currency: CurrencyNumber
    place: int
    product: str
    number: str
    reference: str
    now: int
    state: AccountState = AccountState.OPENING


def number_blind(cipher: FieldCipher, number: str) -> bytes:
    """By which an account is found by its whole number."""
    return cipher.blind_index(number, NUMBER_CONTEXT)


def six_blind(cipher: FieldCipher, customer: CustomerNumber, six: str) -> bytes:
    """By which an account is found by its holder and its last six digits."""
    return cipher.blind_index(f"{customer}/{six}", SIX_CONTEXT)


def new_row(cipher: FieldCipher, new: NewAccount) -> dict[str, Any]:
    """A row of `tables.accounts`, with an id of its own."""
    id = new_id(ACCOUNT, new.now)
    return {
        "id": id,
        "customer": new.customer,
        "currency": new.currency,
        "place": new.place,
        "product": new.product,
        "state": new.state,
        "number": NUMBER.seal(cipher, new.number, id),
        "number_blind": number_blind(cipher, new.number),
        "six_blind": six_blind(cipher, new.customer, new.number[-6:]),
        "last_four": new.number[-4:],
        "alias": "",
        "reference": new.reference or None,
        "opened_at": new.now,
        "closed_at": 0,
    }
