"""What others see of customers. Times are Unix microseconds; secrets and documents are left out of every repr."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from feiqian.policy.factors import Factor
from feiqian.sessions.model import Device, Opened, Session
from feiqian.subjects import Subject
from feiqian.verification.model import ChallengeView, FactorView

__all__ = ["ChallengeView", "Details", "Device", "FactorView", "Opened", "Overview", "Profile", "Session", "SignInSeen"]


@dataclass(frozen=True, slots=True)
class Profile:
    """A customer who can sign in. `frozen_by` is the customer or a member of staff, while wallets are frozen."""

    number: int
    id: str
    name: str
    level: int
    created_at: int
    mobile: str = field(repr=False)  # E.164
    email: str = field(repr=False)  # "" if there is none
    language: str
    cooling_until: int  # 0, or until when the limits are low
    frozen_by: Subject | None
    frozen_at: int

    @property
    def frozen(self) -> bool:
        return self.frozen_by is not None


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
