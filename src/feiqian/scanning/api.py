"""What a scanned text means, for apps that read codes themselves."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar.params import JSONBody

from feiqian.auth.api.shapes import Body
from feiqian.errors import FeiqianError
from feiqian.money import BY_NUMBER
from feiqian.scanning.merchants import merchant_of
from feiqian.scanning.pages.meaning import LONGEST, meaning_of
from feiqian.strings.patterns import LINE, matching
from feiqian.web.scanned import ScanRefused
from feiqian.web.v1.operations import TheServices, TheSession, get, grouped, post
from feiqian.web.v1.problems import INVALID, NOT_FOUND, FieldError, Kind, ProblemError, Told

_ORDER = "ord_01a21ac8d8a073fb8e8d69f236941c11"
_EXAMPLE = f"https://pay.bank.example/pay/{_ORDER}/wallet?code=s3Jx0mV1l1bqJ4lq6Wv0Rw"
PROBLEMS: dict[type[FeiqianError], Kind] = {ScanRefused: INVALID}


class ScannedText(Body, frozen=True):
    """As it stands in the code."""

    text: Annotated[str, matching(LINE, min_length=1, max_length=LONGEST, examples=[_EXAMPLE])]


class ScannedMeaning(msgspec.Struct, frozen=True):
    """What it is of, and its id: of an `order`, the order that is paid by it; of a `receive_code`, the code of who is
    sent money by it; of a `packet`, the red packet that it opens."""

    kind: Annotated[str, msgspec.Meta(examples=["order"])]
    id: Annotated[str, msgspec.Meta(examples=[_ORDER])]


@post(
    "/v1/me/scans",
    "readScannedText",
    "What a scanned code means",
    who="customer",
    description="Refuses what is not of this bank's scheme and host, and what this bank has not signed, with the "
    "reason in `errors`: `foreign`, `other`, `changed`, `payment_code` or `nothing`. Never follow a link that was "
    "scanned: look at what it is of, by its id.",
)
async def read_scanned_text(data: JSONBody[ScannedText], session: TheSession, services: TheServices) -> ScannedMeaning:
    meaning = meaning_of(services, data.text)
    return ScannedMeaning(meaning.kind, meaning.id)


class MerchantFound(msgspec.Struct, frozen=True):
    """A merchant as the bank has them on file. `accepting`: whether they may be paid now."""

    id: str
    number: int
    name: str
    currency: str
    accepting: bool


@get(
    "/v1/me/merchants/{id:str}",
    "findMerchant",
    "Whose number a merchant's number is",
    who="customer",
    description="By number or id. A merchant is paid by an order that they made or by the code that they scan, never "
    "by a number alone.",
    problems=(NOT_FOUND,),
)
async def find_merchant(
    id: Annotated[str, matching("[0-9A-Za-z_]{1,64}", examples=["1"])], session: TheSession, services: TheServices
) -> MerchantFound:
    found = merchant_of(services.merchants, id)
    if found is None:
        raise ProblemError(NOT_FOUND, "No merchant has this number.")
    return MerchantFound(found.id, found.number, found.name, BY_NUMBER[found.currency].code, found.accepting)


def _refused(problem: ProblemError, error: ScanRefused) -> None:
    problem.errors = (FieldError("text", error.reason),)


TOLD: dict[type[FeiqianError], Told] = {ScanRefused: _refused}
OPERATIONS = grouped(
    "Scanning", "A customer's app says what it has scanned, and learns what to show.", read_scanned_text, find_merchant
)
