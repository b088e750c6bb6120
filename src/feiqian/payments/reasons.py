"""The sentence for each reason, as a cashier can read it out. English; keyed by reason, to be translated."""

from __future__ import annotations

from feiqian.payments.policy import Decline

ENGLISH: dict[str, str] = {
    Decline.CODE_INVALID: "This is not a valid payment code. Please scan the code on the customer's phone again.",
    Decline.CODE_EXPIRED: "The code has expired. Please scan the new code on the customer's phone.",
    Decline.CODE_USED: "This code has been used already. Please scan the new code on the customer's phone.",
    Decline.TOO_MANY_WRONG_CODES: "Too many wrong codes were scanned. Please wait some minutes, or pay another way.",
    Decline.INSUFFICIENT_FUNDS: "The customer's balance is not sufficient.",
    Decline.DAILY_LIMIT: "The customer has reached the limit for today.",
    Decline.AMOUNT_TOO_HIGH: "The amount is higher than a single payment may be.",
    Decline.WALLET_FROZEN: "The customer's wallet is frozen. The customer should contact the bank.",
    Decline.WALLET_CLOSED: "The customer's wallet has been closed.",
    Decline.NO_WALLET_IN_CURRENCY: "The customer has no balance in this currency.",
    Decline.CURRENCY_NOT_SUPPORTED: "Payments in this currency are not accepted here.",
    Decline.MERCHANT_NOT_ACCEPTING: "This shop cannot take or give back payments at present.",
    Decline.REFUND_ABOVE_CAPTURED: "More cannot be refunded than was paid.",
    Decline.MERCHANT_BALANCE_INSUFFICIENT: "The shop's balance is not sufficient for this refund.",
    Decline.NOT_POSSIBLE: "This payment is not possible.",
}


def sentence(reason: str) -> str:
    """What to tell for this reason; a reason of a later version gets the most general sentence."""
    return ENGLISH.get(reason, ENGLISH[Decline.NOT_POSSIBLE])
