"""Whose request this is: the Authorization header to a merchant. Says as little as it can when it refuses."""

from __future__ import annotations

from feiqian.merchants.keys import KeyRefusal
from feiqian.merchants.registry import Merchant, Merchants

from . import problems
from .problems import ProblemError

KEY_LENGTH_LIMIT = 128


class Authenticator:
    """Reads `Authorization: Bearer fq_test_…` (RFC 6750). A server of one mode takes no key of the other."""

    def __init__(self, merchants: Merchants, mode: str) -> None:
        self._by_key = merchants.by_key
        self._mode = mode

    def __call__(self, authorization: bytes) -> Merchant:
        """Raises ProblemError (401)."""
        if authorization[:7].lower() != b"bearer " or len(authorization) > KEY_LENGTH_LIMIT:
            raise ProblemError(problems.UNAUTHENTICATED, "Send your API key as `Authorization: Bearer fq_…`.")
        merchant = self._by_key(authorization[7:].decode("latin-1"))
        if merchant is KeyRefusal.WRONG_KIND:
            raise ProblemError(problems.KEY_OF_OTHER_MODE, f"This server takes {self._mode} keys only.")
        if isinstance(merchant, KeyRefusal):
            raise ProblemError(problems.KEY_INVALID)
        return merchant
