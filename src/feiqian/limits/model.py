"""Limits as others see them: which holds, what is used of it, when it is fresh again, and what helps. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple, Protocol

from feiqian.ids import CustomerNumber
from feiqian.money import CurrencyNumber, MinorUnits
from feiqian.policy.scopes import Scope, Span


class LimitQuestion(NamedTuple):
    """What limits are asked about: a payment of this amount, by this method (its name), now."""

    customer: CustomerNumber
    currency: CurrencyNumber
    amount: MinorUnits
    now_seconds: int
    method: str


class Rule(StrEnum):
    """Who or what set a limit."""

    LEVEL = "level"  # how well the customer's identity is known
    METHOD = "method"  # the way of paying
    OWN = "own"  # the customer
    COOLING = "cooling"  # low limits after a change
    PROOF = "proof"  # how little was proved for the payments of the day
    EXEMPT = "exempt"  # how long nothing was paid with strong authentication


class Refused(StrEnum):
    """Why limits do not allow a payment or a receipt. The values are those of `payments.policy.Decline`."""

    IDENTITY_NOT_VERIFIED = "identity_not_verified"
    NO_WALLET_IN_CURRENCY = "no_wallet_in_currency"
    AMOUNT_TOO_HIGH = "amount_too_high"
    LIMIT_AFTER_CHANGE = "limit_after_change"
    DAILY_LIMIT = "daily_limit"
    MONTHLY_LIMIT = "monthly_limit"
    YEARLY_LIMIT = "yearly_limit"
    METHOD_AMOUNT_TOO_HIGH = "method_amount_too_high"
    METHOD_DAILY_LIMIT = "method_daily_limit"
    METHOD_MONTHLY_LIMIT = "method_monthly_limit"
    METHOD_YEARLY_LIMIT = "method_yearly_limit"
    PROOF_TOO_LOW = "proof_too_low"
    BALANCE_LIMIT = "balance_limit"
    SENDER_NOT_BOUND = "sender_not_bound"


class Help(StrEnum):
    """What would let a payment through that a limit stops."""

    WAIT = "wait"  # until `resets_at`
    LESS = "less"  # a smaller amount
    OTHER_METHOD = "other_method"
    CONFIRM = "confirm"  # the customer proves more for it
    RAISE_OWN = "raise_own"  # the limit is the customer's own
    VERIFY_IDENTITY = "verify_identity"  # a higher level has higher limits


class Today(NamedTuple):
    """What a customer may pay today, in minor units of one currency. `unverified` is the largest payment that they need
    not confirm (0: they confirm every one), `left` what is left of `day`, the limit of all payments of the day."""

    unverified: MinorUnits
    payment: MinorUnits
    left: MinorUnits
    day: MinorUnits


class LimitState(NamedTuple):
    """One limit as it is now. `cap` is the lowest that holds and `rule` whose that is; `bank` is the lowest but for the
    customer's own. Minor units, or payments where `counts`; NO_BOUND where nothing is set.

    `resets_at`: the Unix second from which it is fresh; 0 where no calendar resets it (one payment; a row).
    """

    scope: Scope
    span: Span
    rule: Rule
    cap: int
    used: int
    left: int
    resets_at: int
    bank: int
    counts: bool = False


class Explained(NamedTuple):
    """The limits that hold for a payment, and those of how little was `proved` for it. `met` is the one that the amount
    would exceed, None if it is within all; `refused` is what the payment would be declined with, None if it would not
    be (it may have to be confirmed)."""

    limits: tuple[LimitState, ...]
    proved: tuple[LimitState, ...]
    met: LimitState | None
    refused: Refused | None
    helps: tuple[Help, ...]


OwnCap = tuple[str, str]  # of a `Scope` and a `Span`: payment, day, month or year


class OwnCaps(Protocol):
    """What customers have set for themselves, from memory."""

    def of(self, customer: CustomerNumber, currency: CurrencyNumber) -> Mapping[OwnCap, MinorUnits] | None:
        """All of one customer's; None if there are none, as mostly."""


class NoOwnCaps:
    """Nobody has set anything."""

    def of(self, customer: CustomerNumber, currency: CurrencyNumber) -> Mapping[OwnCap, MinorUnits] | None:
        return None
