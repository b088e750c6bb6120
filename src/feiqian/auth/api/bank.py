"""What the bank's own systems say of mobile numbers. Whose they are is not told here."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar.params import JSONBody

from feiqian.auth.reassigned import read_report
from feiqian.backoffice.model import OPERATOR
from feiqian.kyc.numbers import masked
from feiqian.strings.patterns import matching
from feiqian.web.v1.operations import TheServices, for_the_bank, post


class ReassignedNumber(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A mobile number (E.164), and the day on which the telephone company gave it to somebody else."""

    mobile: Annotated[str, matching(r"\+[1-9][0-9]{6,14}", examples=["+8613900001111"])]
    reassigned_on: Annotated[str, matching("[0-9]{4}-[0-9]{2}-[0-9]{2}", examples=["2026-11-20"])]


class ReassignedTaken(msgspec.Struct, frozen=True):
    """What was taken in; `mobile` is masked. The same whether the number is a customer's or not."""

    mobile: str
    reassigned_on: str


@post(
    "/v1/bank/reassigned-numbers",
    "reportReassignedNumber",
    "Report that a mobile number is somebody else's by now",
    who="bank",
    description="If it is on a customer's file since before that day, it is taken off: nothing is sent there any more,"
    " it proves nothing, the customer's sessions end, and quick payment is paused. The answer is the same for every"
    " number, and the same report again does nothing more.",
)
async def report_reassigned(data: JSONBody[ReassignedNumber], services: TheServices) -> ReassignedTaken:
    mobile, day = read_report(data.mobile, data.reassigned_on, services.clock)
    await services.reassigned_numbers.report(mobile, day, OPERATOR)
    return ReassignedTaken(masked(mobile), data.reassigned_on)


OPERATIONS = for_the_bank(report_reassigned)
