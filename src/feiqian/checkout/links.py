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
    """Of the bank that is reached at `origin` (scheme, host and port). What else has such codes says where they lead
    (`place`, the id, `tail`), and which ids they have."""

    place, tail, prefix, context = PLACE, "/wallet", ORDER, "checkout/link"

    def __init__(self, origin: str, cipher: FieldCipher) -> None:
        self._origin, self._cipher = origin, cipher

    def of(self, id: str) -> str:
        """The text of the code."""
        return f"{self._origin}{self.place}/{id}{self.tail}?{SIGNED}={self.signature(id)}"

    def is_signed(self, id: str, signature: str) -> bool:
        return compare_digest(self.signature(id).encode(), signature.encode())

    def id_in(self, text: str) -> str:
        """The id of what was scanned. Raises LinkRefused."""
        if len(text) > LONGEST or not text.isascii() or not text.startswith(f"{self._origin}/"):
            raise LinkRefused("foreign")
        parts = urlsplit(text)
        id = parts.path.removeprefix(f"{self.place}/").removesuffix(self.tail)
        if parts.path != f"{self.place}/{id}{self.tail}" or not is_id(self.prefix, id):
            raise LinkRefused("other")
        if not compare_digest(self.of(id).encode(), text.encode()):  # to the letter: nothing is added either
            raise LinkRefused("changed")
        return id

    def signature(self, id: str) -> str:
        digest = self._cipher.blind_index(f"{self._origin}/{id}", self.context)
        return urlsafe_b64encode(digest).decode().rstrip("=")
