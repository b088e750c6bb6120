"""What the services of channels refuse."""

from __future__ import annotations

from feiqian.errors import FeiqianError


class ServiceNotFound(FeiqianError):
    """There is no such service, or the customer has never requested it."""


class ServiceStateDiffers(FeiqianError):
    """It is not in a state in which this can be done. `state` is the one that it is in."""

    def __init__(self, state: str) -> None:
        super().__init__(f"the service is {state}")
        self.state = state


class TooManyRequests(FeiqianError):
    """It was requested as often as may be in a day."""


class ReasonMissing(FeiqianError):
    """Who refuses says why, by one of the reasons that there are."""
