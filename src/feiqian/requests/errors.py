"""What asking for money refuses. No text tells whether anybody is known by what was given."""

from __future__ import annotations

from feiqian.errors import FeiqianError


class RequestInvalid(FeiqianError):
    """It makes no sense as it was asked: `field` is wrong; `reason` is a word for it."""

    def __init__(self, field: str, reason: str = "invalid") -> None:
        super().__init__(f"money cannot be asked for like this: {field} is {reason}")
        self.field, self.reason = field, reason


class RequestNotFound(FeiqianError):
    """There is no such request, or it is none of this customer's."""

    def __init__(self) -> None:
        super().__init__("there is no such request")


class RequestOver(FeiqianError):
    """It is not open any more, or not in a state for this. `status`: what it is."""

    def __init__(self, status: str) -> None:
        super().__init__(f"the request is {status}")
        self.status = status


class RequestsThrottled(FeiqianError):
    """So many requests may be made, and no more. `until`: Unix microseconds; 0 where others have to end first."""

    def __init__(self, until: int) -> None:
        super().__init__("no more requests can be made now")
        self.until = until


class RemindedToday(FeiqianError):
    """A reminder was sent within the last day. `until`: Unix microseconds."""

    def __init__(self, until: int) -> None:
        super().__init__("a reminder is sent once a day at most")
        self.until = until


class RequestNumberUsed(FeiqianError):
    """The number was used before, for something else."""

    def __init__(self, number: str) -> None:
        super().__init__(f"{number} was used before, for something else")


class CannotReceive(FeiqianError):
    """The asker cannot be sent money by others now."""

    def __init__(self) -> None:
        super().__init__("you cannot be sent money by others at present")


class ReceiveCodeInvalid(FeiqianError):
    """It is no receive code that can be used now."""

    def __init__(self) -> None:
        super().__init__("this code is not, or no longer, good; ask for a new one")
