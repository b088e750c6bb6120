"""The test bank's payers, and what becomes of an order that they pay. `docs/guide/testing.md` has the same table.

Most outcomes come of what these people have or may do, as at any bank; the rest is what they show, do and when.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from feiqian.demo.seeding import First, mobile_of
from feiqian.ids import CustomerNumber

PLENTY = 500_000_00  # fen


class Code(Enum):
    """Which payment code a payer shows."""

    FRESH = "fresh"
    EXPIRED = "expired"
    USED = "used"
    UNKNOWN = "unknown"


class Answer(Enum):
    """What a payer's phone does by itself with a payment that has to be verified."""

    NOTHING = "nothing"
    CONFIRMS = "confirms"
    REFUSES = "refuses"


class When(Enum):
    """When an order is paid; the bank's clock is moved for it."""

    NOW = "now"
    LAST_SECOND = "last second"  # before the order expires
    TOO_LATE = "too late"


class Payer(NamedTuple):
    """`status` and `reason` are those of the payment in the end, `order` that of an order that is paid by it. `before`
    pays first, and is declined. `frozen`: nothing leaves the accounts; `unpaid`: nothing comes into them either."""

    name: str
    status: str = "succeeded"
    reason: str = ""
    order: str = "paid"
    deposit: int = PLENTY
    balance: int = PLENTY
    day_amount: int | None = None
    verifies_all: bool = False
    frozen: bool = False
    unpaid: bool = False
    code: Code = Code.FRESH
    answer: Answer = Answer.NOTHING
    when: When = When.NOW
    before: str = ""
    refund: str = ""  # why a refund to them is declined

    @property
    def number(self) -> CustomerNumber:
        """Payers are the first customers."""
        return CustomerNumber(list(BY_NAME).index(self.name) + 1)

    @property
    def mobile(self) -> str:
        return mobile_of(self.number)

    @property
    def first(self) -> First:
        """As the bank is seeded with them."""
        return First(
            f"Test {self.name.replace('-', ' ').title()}",
            self.balance,
            deposit=self.deposit,
            day_amount=self.day_amount,
            unverified_per_day=0 if self.verifies_all else None,
        )


def _declined(name: str, reason: str, **more: object) -> Payer:
    return Payer(name, "declined", reason, "open", **more)  # type: ignore[arg-type]


PAYERS = (
    Payer("paid"),
    _declined("poor", "insufficient_funds", balance=1_00, deposit=1_00),
    _declined("frozen", "wallet_cannot_pay", frozen=True),
    _declined("limited", "daily_limit", day_amount=20_00),
    _declined("expired-code", "code_expired", code=Code.EXPIRED),
    _declined("used-code", "code_used", code=Code.USED),
    _declined("unknown-code", "code_invalid", code=Code.UNKNOWN),
    Payer("confirms", verifies_all=True, answer=Answer.CONFIRMS),
    _declined("refuses", "refused_by_customer", verifies_all=True, answer=Answer.REFUSES),
    Payer("silent", "needs_verification", order="open", verifies_all=True),
    Payer("second-try", before="poor"),
    Payer("last-second", when=When.LAST_SECOND),
    Payer("too-late", "declined", "order_not_open", "expired", when=When.TOO_LATE),
    Payer("no-refund", unpaid=True, refund="not_possible"),
)
BY_NAME = {payer.name: payer for payer in PAYERS}
