"""What is asked of transfers between people, and why they are declined. Amounts in minor units."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from feiqian.ledger.engine import Refusal
from feiqian.limits.model import Refused
from feiqian.money import CurrencyNumber, MinorUnits
from feiqian.payees.model import Payee

METHOD = "transfer"  # of limits: `policy.scopes.Scope.TRANSFER`; challenges are bound to it
LONGEST_NOTE, LONGEST_NUMBER = 140, 64
WALLET = "wallet"  # where a source's id may stand


class TransferDecline(StrEnum):
    """Why a transfer is declined; besides, `limits.model.Refused`. The texts `transfers.reason.` say it; the values
    are on the wire and on disk. Nothing tells why a payee receives nothing."""

    INSUFFICIENT_FUNDS = "insufficient_funds"
    SOURCE_STOPPED = "source_stopped"  # frozen or closed
    NO_SUCH_SOURCE = "no_such_source"
    PAYEE_NOT_RECEIVING = "payee_not_receiving"
    PAYEE_NOT_FOUND = "payee_not_found"
    NAME_DIFFERS = "name_differs"
    DAILY_LIMIT = "daily_limit"
    UNUSUAL_TOO_HIGH = "unusual_too_high"  # for a first payment, or another that is unusual
    NOT_POSSIBLE = "not_possible"


BY_REFUSAL = {
    Refusal.INSUFFICIENT_FUNDS: TransferDecline.INSUFFICIENT_FUNDS,
    Refusal.DEBIT_ACCOUNT_FROZEN: TransferDecline.SOURCE_STOPPED,
    Refusal.DEBIT_ACCOUNT_CLOSED: TransferDecline.SOURCE_STOPPED,
    Refusal.DEBIT_ACCOUNT_NOT_FOUND: TransferDecline.NO_SUCH_SOURCE,
    Refusal.CREDIT_ACCOUNT_FROZEN: TransferDecline.PAYEE_NOT_RECEIVING,
    Refusal.CREDIT_ACCOUNT_CLOSED: TransferDecline.PAYEE_NOT_RECEIVING,
    Refusal.CREDIT_ACCOUNT_NOT_FOUND: TransferDecline.PAYEE_NOT_RECEIVING,
    Refusal.ALLOWANCE_NOT_FOUND: TransferDecline.NO_SUCH_SOURCE,
    Refusal.ALLOWANCE_EXCEEDED: TransferDecline.DAILY_LIMIT,
}
REASONS = frozenset(TransferDecline) | frozenset(Refused)


class Asked(NamedTuple):
    """What a sender asks for, of a payee that was checked. `number` makes it one; `source` is the id of an account of
    theirs, WALLET, or "": as payments by code are taken."""

    number: str
    check: str
    amount: MinorUnits
    currency: str  # letters of ISO 4217
    source: str = ""
    note: str = ""


class Wanted(NamedTuple):
    """The same with all that was looked up, for the decision. `source`: an account of the sender's in the ledger."""

    number: str
    payee: Payee
    amount: MinorUnits
    currency: CurrencyNumber
    source: bytes
    note: str = ""
    about: str = ""  # the id of what is paid with it: a request, a schedule
    check: str = ""  # the id of the check that the sender was told
