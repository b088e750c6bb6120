"""What others see of sign-ins and of the security centre.

Times are Unix microseconds; secrets and documents are left out of every repr.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from feiqian.auth.challenges.model import ChallengeView, FactorView
from feiqian.auth.sessions.model import Device, Opened, Session
from feiqian.customers.model import Profile
from feiqian.policy.factors import Factor

__all__ = ["ChallengeView", "Details", "Device", "FactorView", "Opened", "Overview", "Session", "SignInSeen", "Started"]


@dataclass(frozen=True, slots=True)
class Details:
    """What a newcomer enters. `kind` is cn_id (with `number`) or passport (with `mrz`, its two lines)."""

    name: str
    kind: str
    password: str = field(repr=False)
    pin: str = field(repr=False)
    number: str = field(default="", repr=False)
    mrz: str = field(default="", repr=False)
    birth: date | None = None
    country: str = ""  # ISO 3166-1 alpha-3, of a passport without its machine-readable zone
    email: str = ""


class Started(NamedTuple):
    """A registration (or another confirmation of an address) under way."""

    application: str
    challenge: ChallengeView


class SignInSeen(NamedTuple):
    """A sign-in that was tried. `outcome` is ok, wrong or locked; `user_agent` a short label."""

    at: int
    outcome: str
    user_agent: str
    factors: tuple[Factor, ...]
    new_device: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """The security centre. `key_count` tells whether a passkey or shield is enrolled, the way back in from a lock."""

    profile: Profile
    level: str
    sessions: tuple[Session, ...]
    devices: tuple[Device, ...]
    factors: tuple[FactorView, ...]
    sign_ins: tuple[SignInSeen, ...]
    frozen: bool
    frozen_by_bank: bool
    cooling: bool
