"""What notify refuses, and how a sending ends that did not succeed. None of it holds a text, a value or an address.

FeiqianError
  SendingCapped     too many codes lately: to this number, its prefix or its country
  ChannelMissing    this bank sends nothing by this channel
  NotSent           (of the outbox)
    SendingFailed     not now; it is tried again
      SendingRefused  never: the address does not exist, or the message is not taken
        AddressGone   the address was good once, and should be forgotten
"""

from __future__ import annotations

from typing import Literal

from feiqian.errors import FeiqianError
from feiqian.outbox.errors import NotSent, RefusedForGood

Cap = Literal["number_hour", "number_day", "prefix_hour", "country_hour"]


class SendingCapped(FeiqianError):
    """As many codes as may be were sent lately. `which` says of what kind the cap is; never to whom it was."""

    def __init__(self, which: Cap) -> None:
        super().__init__(f"no more codes now: cap {which}")
        self.which: Cap = which


class ChannelMissing(FeiqianError):
    """This bank sends nothing by this channel. Names it."""


class SendingFailed(NotSent):
    """It could not be sent now and may be later. `why` is a word or two of ours or a status of the protocol."""


class SendingRefused(SendingFailed, RefusedForGood):
    """It will never be taken: the address is not one, or the message is refused for good."""


class AddressGone(SendingRefused):
    """The address was good once and is no more, such as a browser's push subscription."""
