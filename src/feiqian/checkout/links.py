"""The code on an order's page, for the wallet: an address of this bank, signed, so that no other is taken for it.

The signature is of this bank's address and the order's id; there is no amount and no payee in it, as these are the
order's. Whoever copies a code has the order's address, which pays nothing; what cannot be made is a code of another's.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hmac import compare_digest
from urllib.parse import urlsplit

from feiqian.errors import FeiqianError
from feiqian.field_cipher import FieldCipher
from feiqian.ids import ORDER, is_id

PLACE = "/pay"
SIGNED = "code"  # the part of the address that is the signature
LONGEST = 300  # characters of what was scanned


class LinkRefused(FeiqianError):
    """What was scanned is no code of this bank's for an order. `reason`: foreign (another scheme or host), other (of
    this bank, but no order's), changed (its signature is missing or is not of this order)."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"this is no code of an order of this bank: {reason}")
        self.reason = reason


class Links:
    """Of the bank that is reached at `origin` (scheme, host and port)."""

    def __init__(self, origin: str, cipher: FieldCipher) -> None:
        self._origin, self._cipher = origin, cipher

    def of(self, order: str) -> str:
        """The text of the code."""
        return f"{self._origin}{PLACE}/{order}/wallet?{SIGNED}={self._signature(order)}"

    def is_signed(self, order: str, signature: str) -> bool:
        return compare_digest(self._signature(order).encode(), signature.encode())

    def order(self, text: str) -> str:
        """The id of the order whose code was scanned. Raises LinkRefused."""
        if len(text) > LONGEST or not text.isascii() or not text.startswith(f"{self._origin}/"):
            raise LinkRefused("foreign")
        parts = urlsplit(text)
        place, _, rest = parts.path.removeprefix(f"{PLACE}/").partition("/")
        if parts.path != f"{PLACE}/{place}/{rest}" or rest != "wallet" or not is_id(ORDER, place):
            raise LinkRefused("other")
        if not compare_digest(self.of(place).encode(), text.encode()):  # to the letter: nothing is added either
            raise LinkRefused("changed")
        return place

    def _signature(self, order: str) -> str:
        digest = self._cipher.blind_index(f"{self._origin}/{order}", "checkout/link")
        return urlsafe_b64encode(digest).decode().rstrip("=")
