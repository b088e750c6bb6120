"""One-time-code tokens (RFC 6238, SHA-1, six digits, 30 seconds): secrets, and which step a code is of."""

from __future__ import annotations

import hmac

import pyotp

from feiqian.clock import MICROSECONDS

ISSUER = "Feiqian"
STEP_SECONDS, DRIFT_STEPS = 30, 1
DIGITS = 6


def new_secret() -> str:
    """160 random bits in base 32, as RFC 4226 recommends."""
    return pyotp.random_base32()


def uri(secret: str, account: str) -> str:
    """otpauth: for a QR image; it holds the secret."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=ISSUER)


def step_of(secret: str, code: str, now: int) -> int | None:
    """The step around `now` (Unix microseconds) that has this code; one before or after is included."""
    token, current = pyotp.TOTP(secret), now // MICROSECONDS // STEP_SECONDS
    found = None
    for step in range(current - DRIFT_STEPS, current + DRIFT_STEPS + 1):
        if hmac.compare_digest(token.generate_otp(step), code):
            found = step
    return found
