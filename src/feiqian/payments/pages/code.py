"""A payment code as a phone shows it: its digits, its two pictures, and for how long."""

from __future__ import annotations

from typing import NamedTuple

from feiqian.clock import MICROSECONDS
from feiqian.ids import CustomerNumber
from feiqian.payments.codes import claim_of
from feiqian.services import Services
from feiqian.web.symbols import Symbol, code128, qr


class Code(NamedTuple):
    """A payment code and for how many seconds a phone should show it; `used` if it pays for nothing any more."""

    digits: str
    seconds: float
    used: bool


def code_now(services: Services, customer: CustomerNumber) -> Code:
    """The code to show now; that it was used already happens after two payments within seconds.

    Raises NoIssuingDevice.
    """
    issued = services.payments.code_for(customer)
    left = issued.refresh_at - services.clock.now() / MICROSECONDS
    used = services.ledger.engine.claimed(claim_of(issued.digits))
    return Code(issued.digits, max(0.25, round(left, 2)), used)  # not money: a time


def pictures(code: Code) -> dict[str, Symbol]:
    """A payment code's two pictures, by the ids that they have on the page."""
    return {"qr": qr(code.digits), "bars": code128(code.digits)}


def for_script(code: Code) -> dict[str, object]:
    """The code with its pictures, as the page's script puts them in."""
    shapes = {name: shape._asdict() for name, shape in pictures(code).items()}
    return {"digits": code.digits, "seconds": code.seconds, "used": code.used, **shapes}
