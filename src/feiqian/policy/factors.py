"""What somebody can prove themselves with, of which category each is, and what for. The vocabulary of policy files.

Categories are those of strong customer authentication: knowledge, possession, inherence (Directive (EU) 2015/2366,
article 4(30)). Passkeys and shields are only taken with the holder's verification, so each of them is two.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Factor(StrEnum):
    """One way to prove who one is."""

    PASSWORD = "password"
    PIN = "pin"
    SMS = "sms"
    EMAIL = "email"
    TOTP = "totp"
    PASSKEY = "passkey"
    SHIELD = "shield"


class Category(StrEnum):
    """What a factor shows: something known, something had, something one is."""

    KNOWLEDGE = "knowledge"
    POSSESSION = "possession"
    INHERENCE = "inherence"


_TWO = frozenset({Category.POSSESSION, Category.INHERENCE})
CATEGORIES = {
    Factor.PASSWORD: frozenset({Category.KNOWLEDGE}),
    Factor.PIN: frozenset({Category.KNOWLEDGE}),
    Factor.SMS: frozenset({Category.POSSESSION}),
    Factor.EMAIL: frozenset({Category.POSSESSION}),
    Factor.TOTP: frozenset({Category.POSSESSION}),
    Factor.PASSKEY: _TWO,
    Factor.SHIELD: _TWO,
}
GUESSABLE = frozenset(Factor) - {Factor.PASSKEY, Factor.SHIELD}  # answers that somebody could try


class Purpose(StrEnum):
    """What a challenge is for."""

    SIGN_IN = "sign_in"
    PAYMENT = "payment"
    QUICK_PAYMENT = "quick_payment"
    TRANSFER = "transfer"  # to somebody else
    QUICK_OPENING = "quick_opening"  # of somebody who is not signed in
    CHANGE_QUICK = "change_quick"
    CONFIRM_MOBILE = "confirm_mobile"
    RECOVERY = "recovery"
    CHANGE_PASSWORD = "change_password"
    CHANGE_PIN = "change_pin"
    ADD_FACTOR = "add_factor"
    REMOVE_FACTOR = "remove_factor"
    UNFREEZE = "unfreeze"
    OPEN_LOCK = "open_lock"
    RAISE_LIMIT = "raise_limit"
    CHANGE_CONTACT = "change_contact"
    CLOSE_ACCOUNT = "close_account"
    STAFF_SIGN_IN = "staff_sign_in"
    STAFF_ACT = "staff_act"
    MERCHANT_SIGN_IN = "merchant_sign_in"  # of one of a merchant's people
    MERCHANT_ACT = "merchant_act"  # who, or how, signs in for the merchant
    MERCHANT_KEY = "merchant_key"  # a merchant's API keys
    MERCHANT_REFUND = "merchant_refund"  # by one of a merchant's people


# What is needed rises with the amount.
BY_AMOUNT = frozenset({Purpose.PAYMENT, Purpose.QUICK_PAYMENT, Purpose.TRANSFER})


def is_strong(combination: Iterable[Factor]) -> bool:
    """Whether a combination has at least two categories."""
    shown: set[Category] = set().union(*(CATEGORIES[factor] for factor in combination))
    return len(shown) >= 2
