"""Codes of the coming minutes under /v1/me, for an app that may be without network at the till."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from feiqian.clock import MICROSECONDS, moment
from feiqian.customers.phones import TooManyPhones
from feiqian.errors import FeiqianError
from feiqian.offline_codes.errors import NoCodesAhead
from feiqian.web.v1.operations import TheServices, TheSession, grouped, post
from feiqian.web.v1.problems import CONFLICT, Kind

PROBLEMS: dict[type[FeiqianError], Kind] = {NoCodesAhead: CONFLICT, TooManyPhones: CONFLICT}


class CodeAheadShown(msgspec.Struct, frozen=True):
    """Show it from `begins_at` until `ends_at`. `digits` are empty if it has been paid with already."""

    digits: Annotated[str, msgspec.Meta(examples=["88012345678901234567"])]
    begins_at: datetime
    ends_at: datetime


class CodesAhead(msgspec.Struct, frozen=True):
    """One after another; `now` is the bank's time, by which they begin and end, whatever the phone's clock says."""

    now: datetime
    codes: list[CodeAheadShown]


@post(
    "/v1/me/codes-ahead",
    "fetchCodesAhead",
    "Payment codes of the coming ten minutes, to be shown without network",
    who="customer",
    description="They are of this phone, never beyond the end of the session, and refused once the phone is signed out "
    "or the wallet frozen. Keep them encrypted, delete them at sign-out, and replace all of them by these once the "
    "phone is back: a code that may have been paid with is not shown again.",
    problems=(CONFLICT,),
)
async def fetch_codes_ahead(session: TheSession, services: TheServices) -> CodesAhead:
    codes = await services.offline_codes.coming(session)
    shown = [
        CodeAheadShown(code.digits, moment(code.begins * MICROSECONDS), moment(code.ends * MICROSECONDS))
        for code in codes
    ]
    return CodesAhead(moment(services.clock.now()), shown)


OPERATIONS = grouped(
    "Codes ahead",
    "A phone that has no network at the till shows codes that it fetched before.",
    fetch_codes_ahead,
)
