"""Whose request this is: the Authorization header to a merchant by key, to a customer by session, or to a system
of the bank by a key of its own.

Says as little as it can when it refuses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from feiqian.auth.sessions.model import Session
from feiqian.merchants import bank_keys
from feiqian.merchants.keys import KeyRefusal
from feiqian.merchants.registry import KeyHolder, Merchants
from feiqian.merchants.scopes import Scope
from feiqian.subjects import Role
from feiqian.texts import language_for

from . import problems
from .problems import ProblemError

if TYPE_CHECKING:
    from feiqian.services import Services

KEY_LENGTH_LIMIT = 128
AGENT_LENGTH = 256


class Visitor(NamedTuple):
    """Who sends a customer's request: the app or browser by its own account, and the session if one is signed in."""

    session: Session | None
    user_agent: str
    language: str


def _lacking(needed: Scope) -> ProblemError:
    """What is answered to a key without this scope (RFC 6750, section 3.1)."""
    challenge = f'Bearer realm="feiqian", error="insufficient_scope", scope="{needed}"'.encode()
    detail = f"The key lacks the scope `{needed}`."
    return ProblemError(problems.SCOPE_MISSING, detail, headers=((b"www-authenticate", challenge),))


class Authenticator:
    """Reads `Authorization: Bearer fq_test_…` (RFC 6750). A server of one mode takes no key of the other."""

    def __init__(self, merchants: Merchants, mode: str) -> None:
        self._by_key, self._whose = merchants.by_key, merchants.whose
        self._mode = mode

    def __call__(self, authorization: bytes, needed: Scope) -> KeyHolder:
        """Raises ProblemError (401; 403 without the scope)."""
        if authorization[:7].lower() != b"bearer " or len(authorization) > KEY_LENGTH_LIMIT:
            raise ProblemError(problems.UNAUTHENTICATED, "Send your API key as `Authorization: Bearer fq_…`.")
        merchant = self._by_key(authorization[7:].lstrip(b" ").decode("latin-1"))
        if merchant is KeyRefusal.WRONG_KIND:
            raise ProblemError(problems.KEY_OF_OTHER_MODE, f"This server takes {self._mode} keys only.")
        if isinstance(merchant, KeyRefusal):
            raise ProblemError(problems.KEY_INVALID)
        if not merchant.scopes & needed.bit:
            raise _lacking(needed)
        return merchant

    def whose(self, key: bytes) -> int | None:
        """The number of the merchant whose key this is; None for what opens nothing. Asks no database."""
        return self._whose(key.decode("latin-1")) if len(key) <= KEY_LENGTH_LIMIT else None


class BankSystems:
    """Reads `Authorization: Bearer fq_bank_…` of the bank's own systems."""

    def __init__(self, services: Services) -> None:
        self._transactions, self._mode = services.transactions, services.settings.mode

    async def __call__(self, authorization: bytes) -> None:
        """Raises ProblemError (401)."""
        if authorization[:7].lower() != b"bearer " or len(authorization) > KEY_LENGTH_LIMIT:
            raise ProblemError(problems.UNAUTHENTICATED, "Send your system's key as `Authorization: Bearer fq_bank_…`.")
        key = authorization[7:].lstrip(b" ").decode("latin-1")
        kind = bank_keys.kind_of(key)
        if kind not in (None, self._mode):
            raise ProblemError(problems.KEY_OF_OTHER_MODE, f"This server takes {self._mode} keys only.")
        if kind is None or not await self._transactions.read(bank_keys.find, key):
            raise ProblemError(problems.KEY_INVALID)


class Visitors:
    """Reads `Authorization: Bearer <session token>` of customers' apps, and what the app says of itself."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def __call__(self, headers: list[tuple[bytes, bytes]], authorization: bytes, *, needed: bool) -> Visitor:
        """Raises ProblemError (401) where a session is needed and there is none, or one is given and it has ended."""
        session = None
        if needed or authorization:
            if authorization[:7].lower() != b"bearer " or len(authorization) > KEY_LENGTH_LIMIT:
                raise ProblemError(problems.SESSION_NEEDED, "Send the session's token as `Authorization: Bearer …`.")
            session = await self._services.sessions.find(authorization[7:].lstrip(b" ").decode("latin-1"))
            if session is None or session.subject.role is not Role.CUSTOMER:
                raise ProblemError(problems.SESSION_ENDED)
        agent = b" ".join(value for name, value in headers if name == b"user-agent").decode("latin-1")[:AGENT_LENGTH]
        wishes = b", ".join(value for name, value in headers if name == b"accept-language").decode("latin-1")
        return Visitor(session, agent, session.language if session else language_for(wishes))
