"""Registration: a mobile number that is confirmed, then who it is, a password and a PIN; a customer comes of it."""

from __future__ import annotations

from feiqian.customers.doors import Door
from feiqian.customers.model import Details, Opened, Started


class Registration(Door):
    """A number that is a customer's already is answered as any other; its owner is told by message (abuse case 43)."""

    async def start(self, mobile: str, language: str, user_agent: str = "") -> Started:
        """Sends a code to the number. Raises identity's NumberInvalid, notify's SendingCapped."""
        raise NotImplementedError

    async def confirm(self, application: str, challenge: str) -> None:
        """The code was entered (`answer`): uses the challenge. Raises NotPassed, ApplicationOver."""
        raise NotImplementedError

    async def finish(
        self, application: str, details: Details, user_agent: str = "", device_token: str | None = None
    ) -> Opened:
        """Makes the customer, who is signed in at once. Raises NotConfirmed, ApplicationOver, DetailsInvalid, TooWeak,
        and identity's NumberInvalid and MrzInvalid."""
        raise NotImplementedError
