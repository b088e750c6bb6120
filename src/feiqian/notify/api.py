"""Which problem each error of sending messages is under /v1."""

from __future__ import annotations

from feiqian.errors import FeiqianError
from feiqian.notify.errors import ChannelMissing, SendingCapped, SendingFailed
from feiqian.notify.push_key import PushKeyInvalid
from feiqian.notify.push_subscription import SubscriptionInvalid
from feiqian.web.v1.problems import INTERNAL, INVALID, RETRY, Kind

CODE_NOT_SENT = Kind("code-not-sent", "No code was sent: too many were, or one was only just now", 429, RETRY)
PROBLEMS: dict[type[FeiqianError], Kind] = {
    SendingCapped: CODE_NOT_SENT,
    ChannelMissing: INTERNAL,
    SendingFailed: INTERNAL,
    PushKeyInvalid: INTERNAL,
    SubscriptionInvalid: INVALID,
}
