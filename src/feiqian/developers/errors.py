"""What is refused to a merchant's people besides what keys, webhooks and orders refuse."""

from __future__ import annotations

from feiqian.merchants.errors import KeyInvalid


class KeyNameUsed(KeyInvalid):
    """A key that is honoured has this name: two that look alike are revoked by mistake."""

    def __init__(self) -> None:
        super().__init__("a key that is honoured has this name already")
