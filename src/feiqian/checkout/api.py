"""The secret by which a merchant checks what the checkout says of an order when it leads back to the shop."""

from __future__ import annotations

from typing import Annotated

import msgspec

from feiqian.checkout.returning import return_secret
from feiqian.errors import FeiqianError
from feiqian.merchants.scopes import Scope
from feiqian.web.v1.operations import TheMerchant, TheServices, get, grouped
from feiqian.web.v1.problems import Kind

PROBLEMS: dict[type[FeiqianError], Kind] = {}


class ReturnSecret(msgspec.Struct, frozen=True):
    """`signature` in the address that a shopper comes back with is `v1,` and the base64 of HMAC-SHA256, by the bytes
    that are base64 behind `whsec_`, of `order.at.version.status`."""

    secret: Annotated[str, msgspec.Meta(examples=["whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="])]


@get("/v1/checkout/return-secret", "getReturnSecret", "The secret of signed returns", scope=Scope.ORDERS_WRITE)
async def get_return_secret(merchant: TheMerchant, services: TheServices) -> ReturnSecret:
    return ReturnSecret(return_secret(services.cipher, merchant.number))


OPERATIONS = grouped(
    "Checkout",
    "Shoppers pay an order at `/pay/{order}` and come back to its `return_url` with what has become of it, signed. Ask "
    "for the order before you deliver: a signature says only that this was so once.",
    get_return_secret,
)
