"""Invitations of whoever signs in to work: a token that is told once and good once, of which only a hash is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from feiqian.auth.sessions.tokens import hash_of, new_token
from feiqian.strings.normal import comparison

M = TypeVar("M")


@dataclass(frozen=True, slots=True)
class Invitation(Generic[M]):
    """Whom it invites, with the token that no repr has; `expires_at` in Unix microseconds."""

    account: M
    token: str = field(repr=False)
    expires_at: int


def new_invitation() -> tuple[str, bytes]:
    """A token, and what is kept of it."""
    token = new_token()
    return token, hash_of_typed(token)


def hash_of_typed(token: str) -> bytes:
    """What is kept of a token, as somebody has typed or pasted it; b"" of what never was one."""
    return hash_of(comparison(token).strip()) or b""
