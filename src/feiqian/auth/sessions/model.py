"""What others see of sessions and devices. No token is in a Session; in an Opened it is, and its repr leaves it out."""

from __future__ import annotations

from dataclasses import dataclass, field

from feiqian.policy.factors import Factor
from feiqian.subjects import Subject


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody signed in. Times in Unix microseconds; `user_agent` is a short label, such as "Chrome · Android".

    `expires_at` is the absolute end; an idle session ends before. `ended_at` is 0 while it has not been ended.
    """

    id: str
    subject: Subject
    device: str | None
    factors: tuple[Factor, ...]
    created_at: int
    seen_at: int
    expires_at: int
    user_agent: str
    language: str
    ended_at: int = 0


@dataclass(frozen=True, slots=True)
class Device:
    """A browser or phone that the subject has signed in from. `here`: the one that asks."""

    id: str
    label: str
    first_at: int
    seen_at: int
    here: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """A session just opened, with what the browser is to keep. The tokens are told this once and are never stored."""

    token: str = field(repr=False)
    device_token: str = field(repr=False)
    session: Session
    new_device: bool
