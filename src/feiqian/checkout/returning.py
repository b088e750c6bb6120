"""The way back to the shop, with the order's state, signed as webhooks are. The shop asks the bank before it delivers.

The secret is the merchant's own. It is made from the bank's data key, so nothing is kept; and it proves no more than
that the bank has said this of that version of the order once.
"""

from __future__ import annotations

import base64
from urllib.parse import urlencode, urlsplit, urlunsplit

from feiqian.clock import MICROSECONDS, microseconds
from feiqian.field_cipher import FieldCipher
from feiqian.ids import MerchantNumber
from feiqian.orders.model import Order
from feiqian.webhooks.signing import PREFIX, sign

_HALVES = ("return-1", "return-2")  # of the secret; in what is derived from the data key, so they never change


def return_secret(cipher: FieldCipher, merchant: MerchantNumber) -> str:
    """Of 32 bytes, written as the secrets of webhooks are."""
    secret = b"".join(cipher.blind_index(str(merchant), half) for half in _HALVES)
    return PREFIX + base64.b64encode(secret).decode()


def return_address(order: Order, secret: str) -> str:
    """`return_url` with `order`, `version`, `status`, `at` (Unix seconds of that version) and `signature`: of the text
    `order.at.version.status`. "" if the order has no `return_url`."""
    if not order.return_url:
        return ""
    at = microseconds(order.updated_at) // MICROSECONDS
    signature = sign(secret, order.id, at, f"{order.version}.{order.status}".encode())
    told = {"order": order.id, "version": order.version, "status": order.status, "at": at, "signature": signature}
    parts = urlsplit(order.return_url)
    query = "&".join(part for part in (parts.query, urlencode(told)) if part)
    return urlunsplit(parts._replace(query=query))
