"""The text of a receive code: an address of this bank, signed, so that no other is taken for it."""

from __future__ import annotations

from feiqian.checkout.links import Links
from feiqian.ids import RECEIVE_CODE


class ReceiveLinks(Links):
    """As those of orders, with another place."""

    place, tail, prefix, context = "/receive/to", "", RECEIVE_CODE, "requests/link"
