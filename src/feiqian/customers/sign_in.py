"""Signing in: password and a second factor, or a passkey alone. Unknown numbers are answered as known ones."""

from __future__ import annotations

from typing import Any

from feiqian.customers.doors import Door
from feiqian.customers.model import ChallengeView, Opened


class SignIn(Door):
    """A device that is new to the customer is told on every channel, and low limits hold for a time (abuse case 39)."""

    async def password(self, mobile: str, password: str, language: str, user_agent: str = "") -> ChallengeView:
        """The first factor; the challenge's others follow by `send` and `answer`. Raises SignInRefused, SignInLocked,
        and identity's NumberInvalid."""
        raise NotImplementedError

    async def finish(self, challenge: str, user_agent: str = "", device_token: str | None = None) -> Opened:
        """Opens the session. Raises NotPassed, ChallengeOver, DoorClosed."""
        raise NotImplementedError

    async def passkey_options(self, language: str) -> tuple[str, dict[str, Any]]:
        """A challenge's id and what the browser is asked to sign, whoever's passkey it will be."""
        raise NotImplementedError

    async def passkey(
        self, challenge: str, response: str, user_agent: str = "", device_token: str | None = None, language: str = "en"
    ) -> Opened:
        """Whoever's passkey it was is signed in, also while locked. Raises AnswerWrong, ChallengeOver."""
        raise NotImplementedError
