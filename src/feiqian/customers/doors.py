"""Proving who one is before being signed in: whose a challenge is, is remembered here and told nobody.

What is asked with a challenge of this kind needs only its id: the faces never learn whether it is a customer's.
"""

from __future__ import annotations

from typing import Any

from feiqian.customers.parts import Parts
from feiqian.policy.factors import Factor
from feiqian.verification.model import ChallengeView


class Door:
    """What registration, sign-in and recovery have in common. Every method raises DoorClosed for an unknown id."""

    def __init__(self, parts: Parts) -> None:
        self._p = parts

    async def view(self, challenge: str) -> ChallengeView:
        """How far the challenge is."""
        raise NotImplementedError

    async def send(self, challenge: str, factor: Factor) -> ChallengeView:
        """Sends a code by SMS or e-mail. Raises CodeThrottled, SendingCapped, Locked."""
        raise NotImplementedError

    async def options(self, challenge: str, factor: Factor) -> dict[str, Any]:
        """What the browser is asked to sign with a passkey or shield."""
        raise NotImplementedError

    async def answer(self, challenge: str, factor: Factor, answer: str) -> ChallengeView:
        """One factor's answer. Raises AnswerWrong, SignInLocked, ChallengeOver."""
        raise NotImplementedError
