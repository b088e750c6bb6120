"""Every reason for declining a payment or refund, and which refusal of the engine means which. Pure.

What customers may pay is in the bank's policy file (`feiqian.policy`), by level and currency.
"""

from __future__ import annotations

from enum import Enum, StrEnum

from feiqian.ledger.engine import Refusal

VERIFICATION_SECONDS = 300  # how long a payment waits for its customer
AUTHORISED_SECONDS = 7 * 86_400  # how long money is held that is captured later


class Decline(StrEnum):
    """Why a payment or refund is declined. `reasons.py` has the sentence for each.

    Merchants are told it, so it says nothing of why the bank or the customer has stopped a wallet.
    """

    CODE_INVALID = "code_invalid"
    CODE_EXPIRED = "code_expired"
    CODE_USED = "code_used"
    TOO_MANY_WRONG_CODES = "too_many_wrong_codes"
    INSUFFICIENT_FUNDS = "insufficient_funds"
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
    AMOUNT_TOO_HIGH = "amount_too_high"
    WALLET_CANNOT_PAY = "wallet_cannot_pay"
    WALLET_FROZEN = "wallet_frozen"  # this and the next: of payments that an earlier version decided
    WALLET_CLOSED = "wallet_closed"
    NO_WALLET_IN_CURRENCY = "no_wallet_in_currency"
    CURRENCY_NOT_SUPPORTED = "currency_not_supported"
    MERCHANT_NOT_ACCEPTING = "merchant_not_accepting"
    REFUND_ABOVE_CAPTURED = "refund_above_captured"
    MERCHANT_BALANCE_INSUFFICIENT = "merchant_balance_insufficient"
    IDENTITY_NOT_VERIFIED = "identity_not_verified"
    LIMIT_AFTER_CHANGE = "limit_after_change"
    ALREADY_PAID = "already_paid"
    REFUSED_BY_CUSTOMER = "refused_by_customer"
    ORDER_NOT_OPEN = "order_not_open"
    NOT_POSSIBLE = "not_possible"


# What a limit is the reason of; the fact of such a decline says which.
OF_LIMITS = frozenset(
    {Decline.AMOUNT_TOO_HIGH, Decline.LIMIT_AFTER_CHANGE, Decline.DAILY_LIMIT, Decline.MONTHLY_LIMIT}
    | {Decline.YEARLY_LIMIT, Decline.METHOD_AMOUNT_TOO_HIGH, Decline.METHOD_DAILY_LIMIT}
    | {Decline.METHOD_MONTHLY_LIMIT, Decline.METHOD_YEARLY_LIMIT, Decline.PROOF_TOO_LOW}
)


class Step(Enum):
    """What an event in a chain is for; the same refusal means something else in another step.

    What the refusals of a method's own events mean, the method says (`intent.Method`).
    """

    DAY_AMOUNT = "day_amount"
    DAY_COUNT = "day_count"
    PAYMENT = "payment"  # or the hold of a payment that waits
    FEE = "fee"
    REFUNDABLE = "refundable"
    REFUND = "refund"


_BY_REFUSAL = {
    Refusal.ALLOWANCE_NOT_FOUND: Decline.NO_WALLET_IN_CURRENCY,
    Refusal.ALLOWANCE_EXCEEDED: Decline.DAILY_LIMIT,
    Refusal.DEBIT_ACCOUNT_NOT_FOUND: Decline.NO_WALLET_IN_CURRENCY,
    Refusal.CREDIT_ACCOUNT_NOT_FOUND: Decline.MERCHANT_NOT_ACCEPTING,
    Refusal.CURRENCIES_DIFFER: Decline.CURRENCY_NOT_SUPPORTED,
    Refusal.DEBIT_ACCOUNT_CLOSED: Decline.WALLET_CANNOT_PAY,
    Refusal.CREDIT_ACCOUNT_CLOSED: Decline.MERCHANT_NOT_ACCEPTING,
    Refusal.DEBIT_ACCOUNT_FROZEN: Decline.WALLET_CANNOT_PAY,
    Refusal.CREDIT_ACCOUNT_FROZEN: Decline.MERCHANT_NOT_ACCEPTING,
    Refusal.OVERFLOW: Decline.AMOUNT_TOO_HIGH,
    Refusal.INSUFFICIENT_FUNDS: Decline.INSUFFICIENT_FUNDS,
}
# Of an order's hold, which is the only one that a payment's chain ends.
ORDER_ENDED = frozenset({Refusal.HOLD_CAPTURED, Refusal.HOLD_RELEASED, Refusal.HOLD_EXPIRED})
# Our chains hold nothing that these could come from; should one come all the same, the payment is declined, not lost.
_NEVER = frozenset(
    {
        Refusal.CLAIM_ALREADY_PAST,
        Refusal.CLAIMED,
        Refusal.HOLD_NOT_FOUND,
        Refusal.HOLD_CAPTURED,
        Refusal.HOLD_RELEASED,
        Refusal.HOLD_EXPIRED,
        Refusal.AMOUNT_MUST_NOT_BE_ZERO,
        Refusal.AMOUNT_ABOVE_HOLD,
        Refusal.ACCOUNTS_MUST_BE_DIFFERENT,
        Refusal.ACCOUNT_NOT_FOUND,
        Refusal.ACCOUNT_CLOSED,
        Refusal.ACCOUNT_NOT_EMPTY,
        Refusal.NOTHING_AVAILABLE,
    }
)
# In a refund the merchant pays, and the customer's wallet is paid.
_IN_REFUND = {
    Refusal.ALLOWANCE_EXCEEDED: Decline.REFUND_ABOVE_CAPTURED,
    Refusal.DEBIT_ACCOUNT_NOT_FOUND: Decline.MERCHANT_NOT_ACCEPTING,
    Refusal.CREDIT_ACCOUNT_NOT_FOUND: Decline.NO_WALLET_IN_CURRENCY,
    Refusal.DEBIT_ACCOUNT_CLOSED: Decline.MERCHANT_NOT_ACCEPTING,
    Refusal.CREDIT_ACCOUNT_CLOSED: Decline.NOT_POSSIBLE,
    Refusal.DEBIT_ACCOUNT_FROZEN: Decline.MERCHANT_NOT_ACCEPTING,
    Refusal.CREDIT_ACCOUNT_FROZEN: Decline.NOT_POSSIBLE,
    Refusal.INSUFFICIENT_FUNDS: Decline.MERCHANT_BALANCE_INSUFFICIENT,
}


def decline_of(refusal: Refusal, step: Step) -> Decline:
    """The reason to tell for what the engine refused. Total over `Refusal.remembered`; KeyError for all others."""
    if refusal in _NEVER:
        return Decline.NOT_POSSIBLE
    if step in (Step.REFUND, Step.REFUNDABLE):
        return _IN_REFUND.get(refusal) or _BY_REFUSAL[refusal]
    declined = _BY_REFUSAL[refusal]
    # The fee is taken from the merchant: whatever stops that is not the customer's matter.
    return Decline.MERCHANT_NOT_ACCEPTING if step is Step.FEE else declined
