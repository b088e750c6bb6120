"""Who takes the answers to a challenge: a pre-auth flow, or verification itself for somebody who is signed in."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from feiqian.auth.challenges.model import ChallengeView
from feiqian.auth.challenges.service import Verification
from feiqian.policy.factors import Factor
from feiqian.subjects import Subject


class Answers(Protocol):
    """Looks at a challenge by its id, sends codes, says what a key is to sign, and takes answers."""

    async def view(self, challenge: str) -> ChallengeView: ...

    async def send(self, challenge: str, factor: Factor) -> ChallengeView: ...

    async def options(self, challenge: str, factor: Factor) -> dict[str, Any]: ...

    async def answer(self, challenge: str, factor: Factor, answer: str) -> ChallengeView: ...


class OwnChallenges(NamedTuple):
    """Those of a customer or member of staff who is signed in; another's challenge is not found."""

    verification: Verification
    subject: Subject

    async def view(self, challenge: str) -> ChallengeView:
        return await self.verification.view(challenge, self.subject)

    async def send(self, challenge: str, factor: Factor) -> ChallengeView:
        return await self.verification.send(challenge, self.subject, factor)

    async def options(self, challenge: str, factor: Factor) -> dict[str, Any]:
        return await self.verification.options(challenge, self.subject, factor)

    async def answer(self, challenge: str, factor: Factor, answer: str) -> ChallengeView:
        return await self.verification.answer(challenge, self.subject, factor, answer)
