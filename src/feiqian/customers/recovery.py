"""A forgotten password or PIN: identity details, two factors, a new secret, then a time of low limits."""

from __future__ import annotations

from feiqian.customers.doors import Door
from feiqian.customers.model import ChallengeView


class Recovery(Door):
    """Whatever is wrong, the answer to `start` is the same as if all were right (abuse cases 42, 43)."""

    async def start(self, what: str, mobile: str, number: str, name: str, language: str) -> ChallengeView:
        """`what` is password or pin; `number` and `name` are the identity document's. Nothing is sent yet: `send`.

        Raises identity's NumberInvalid for what is no mobile number at all.
        """
        raise NotImplementedError

    async def finish(self, challenge: str, secret: str) -> None:
        """Sets the new secret, lifts the lock, ends every session. Raises NotPassed, TooWeak, SecretUnchanged,
        ChallengeOver, DoorClosed."""
        raise NotImplementedError
