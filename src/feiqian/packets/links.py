"""The link of a packet that whoever has it may take a share of: an address of this bank, signed.

The id alone opens nothing: it stands in lists and receipts. Nobody can make the signature of another packet.
"""

from __future__ import annotations

from feiqian.checkout.links import Links
from feiqian.ids import RED_PACKET


class PacketLinks(Links):
    """As those of orders, with another place."""

    place, tail, prefix, context = "/packets", "", RED_PACKET, "packets/link"
