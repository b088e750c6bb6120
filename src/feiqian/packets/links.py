"""The link of a packet that whoever has it may take a share of: an address of this bank, signed.

The id alone opens nothing: it stands in lists and receipts. Nobody can make the signature of another packet.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hmac import compare_digest

from feiqian.field_cipher import FieldCipher
from feiqian.ids import RED_PACKET, is_id

PLACE, SIGNED = "/packets/", "?code="


class PacketLinks:
    """Of the bank that is reached at `origin` (scheme, host and port)."""

    def __init__(self, origin: str, cipher: FieldCipher) -> None:
        self._origin, self._cipher = origin, cipher

    def of(self, packet: str) -> str:
        """The whole address."""
        return f"{self._origin}{PLACE}{packet}{SIGNED}{self.code(packet)}"

    def code(self, packet: str) -> str:
        """The signature, which opens it."""
        digest = self._cipher.blind_index(f"{self._origin}/{packet}", "packets/link")
        return urlsafe_b64encode(digest).decode().rstrip("=")

    def is_signed(self, packet: str, code: str) -> bool:
        return compare_digest(self.code(packet).encode(), code.encode())

    def packet(self, text: str) -> str | None:
        """The id of the packet whose link was scanned, if it is one of ours."""
        if not text.startswith(self._origin + PLACE):
            return None
        id, _, code = text.removeprefix(self._origin + PLACE).partition(SIGNED)
        return id if is_id(RED_PACKET, id) and self.is_signed(id, code) else None
