"""The rows of new accounts: sealed, and with the keyed hashes by which accounts are found."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert

from feiqian.deposits.aliases import skeleton
from feiqian.deposits.model import AccountState
from feiqian.deposits.tables import NUMBER, accounts
from feiqian.field_cipher import FieldCipher
from feiqian.ids import ACCOUNT, CustomerNumber, new_id
from feiqian.money import CurrencyNumber

NUMBER_CONTEXT, SIX_CONTEXT, ALIAS_CONTEXT = "account-number", "account-six", "account-alias"


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
    alias: str = ""


def number_blind(cipher: FieldCipher, number: str) -> bytes:
    """By which an account is found by its whole number."""
    return cipher.blind_index(number, NUMBER_CONTEXT)


def six_blind(cipher: FieldCipher, customer: CustomerNumber, six: str) -> bytes:
    """By which an account is found by its holder and its last six digits."""
    return cipher.blind_index(f"{customer}/{six}", SIX_CONTEXT)


def alias_blind(cipher: FieldCipher, skeleton: str) -> bytes:
    """What confusable aliases (`aliases.skeleton`) share."""
    return cipher.blind_index(skeleton, ALIAS_CONTEXT)


def add(connection: Connection, cipher: FieldCipher, new: Iterable[NewAccount]) -> list[str]:
    """Keeps accounts, and returns their ids. Raises sqlalchemy's IntegrityError if a number or reference is there."""
    rows = [_row(cipher, one) for one in new]
    if rows:
        connection.execute(insert(accounts), rows)
    return [row["id"] for row in rows]


def _row(cipher: FieldCipher, new: NewAccount) -> dict[str, Any]:
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
        "alias": new.alias,
        "alias_blind": alias_blind(cipher, skeleton(new.alias)) if new.alias else None,
        "reference": new.reference or None,
        "opened_at": new.now,
        "closed_at": 0,
    }
