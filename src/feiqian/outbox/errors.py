"""How a sending ends that did not succeed, and what is refused to whoever resends. Nothing of what is sent is in it.

FeiqianError
  NotSent            not now; it is tried again
    RefusedForGood   never: the receiver does not exist, or does not take this
  NotResendable      there is no such dead letter, or what it was is no longer kept
"""

from __future__ import annotations

from feiqian.errors import FeiqianError


class NotSent(FeiqianError):
    """It could not be sent now and may be later. `why` is a word or two of ours or a status of the protocol; `told`
    is for the topic's `noted`."""

    def __init__(self, why: str, after_seconds: int = 0, told: object = None) -> None:
        super().__init__(why)
        self.why = why
        self.told = told
        self.after_seconds = after_seconds  # the other side's wish; 0 if it has none


class RefusedForGood(NotSent):
    """It will never be taken."""


class NotResendable(FeiqianError):
    """There is no dead letter of this id, or it has expired and what was to be sent is deleted."""
