"""What apps are told of a scanned code, and merchants of the signed way back to their shop."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar.params import JSONBody

from feiqian.auth.api.shapes import Body
from feiqian.checkout.links import LONGEST, LinkRefused, Links
from feiqian.checkout.returning import return_secret
from feiqian.errors import FeiqianError
from feiqian.merchants.scopes import Scope
from feiqian.strings.patterns import LINE, matching
from feiqian.web.v1.operations import TheMerchant, TheServices, TheSession, get, grouped, post
from feiqian.web.v1.problems import INVALID, FieldError, Kind, ProblemError, Told

_ORDER = "ord_01a21ac8d8a073fb8e8d69f236941c11"
_EXAMPLE = f"https://pay.bank.example/pay/{_ORDER}/wallet?code=s3Jx0mV1l1bqJ4lq6Wv0Rw"
_WHY = {
    "foreign": "is no address of this bank",
    "other": "is no code of an order",
    "changed": "was changed, or is not signed by this bank",
}

PROBLEMS: dict[type[FeiqianError], Kind] = {LinkRefused: INVALID}


class ReturnSecret(msgspec.Struct, frozen=True):
    """`signature` in the address that a shopper comes back with is `v1,` and the base64 of HMAC-SHA256, by the bytes
    that are base64 behind `whsec_`, of `order.at.version.status`."""

    secret: Annotated[str, msgspec.Meta(examples=["whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="])]


@get("/v1/checkout/return-secret", "getReturnSecret", "The secret of signed returns", scope=Scope.ORDERS_WRITE)
async def get_return_secret(merchant: TheMerchant, services: TheServices) -> ReturnSecret:
    return ReturnSecret(return_secret(services.cipher, merchant.number))


class Scanned(Body, frozen=True):
    """What the wallet has scanned, as it stands in the code."""

    text: Annotated[str, matching(LINE, min_length=1, max_length=LONGEST, examples=[_EXAMPLE])]


class ScannedOrder(msgspec.Struct, frozen=True):
    """The order that is paid by it."""

    order: Annotated[str, msgspec.Meta(examples=[_ORDER])]


@post(
    "/v1/me/scanned-orders",
    "readOrderCode",
    "Which order a scanned code is of",
    who="customer",
    description="Refuses what has another scheme or host than this bank's, and what this bank has not signed for this "
    "order. Look at the order before it is paid: a code names it, and says nothing of amount or payee.",
)
async def read_order_code(data: JSONBody[Scanned], session: TheSession, services: TheServices) -> ScannedOrder:
    return ScannedOrder(Links(services.settings.public_origin, services.cipher).id_in(data.text))


def _refused(problem: ProblemError, error: LinkRefused) -> None:
    problem.errors = (FieldError("text", _WHY[error.reason]),)


TOLD: dict[type[FeiqianError], Told] = {LinkRefused: _refused}
OPERATIONS = grouped(
    "Checkout",
    "Shoppers pay an order at `/pay/{order}` and come back to its `return_url` with what has become of it, signed. Ask "
    "for the order before you deliver: a signature says only that this was so once. The page shows a code, which the "
    "wallet scans: an address of this bank, signed.",
    get_return_secret,
    read_order_code,
)
