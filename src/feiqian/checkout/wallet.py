"""The code of an order, at a shop's checkout or till: it leads to the page that asks to confirm its amount."""

from __future__ import annotations

from feiqian.checkout.links import Links
from feiqian.checkout.scanned import SignedCode

SCANNED = (SignedCode("order", Links, 10),)
