"""A channel of the bank as a service of a customer, and the states it is in."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from feiqian.ids import CustomerNumber


class BankingChannel(StrEnum):
    """By what a customer uses the bank. The values are on the wire and on disk."""

    INTERNET = "internet"
    MOBILE = "mobile"
    TELEPHONE = "telephone"


class ServiceState(StrEnum):
    """The values are on the wire and on disk."""

    REQUESTED = "requested"  # staff decide
    ACTIVE = "active"
    REFUSED = "refused"
    CLOSED = "closed"  # by the customer


class Reason(StrEnum):
    """Why staff refused it. The values are on the wire and on disk."""

    IDENTITY = "identity"  # who it is has to be proved first
    CONTACT = "contact"  # the number or address on file has to be right first
    OTHER = "other"


OPEN = frozenset({ServiceState.REQUESTED, ServiceState.ACTIVE})


class Service(NamedTuple):
    """One customer's. `id` is of the newest request, times are in Unix microseconds; `reason` is of one refused."""

    id: str
    customer: CustomerNumber
    channel: BankingChannel
    state: ServiceState
    reason: Reason | None
    requested_at: int
    changed_at: int
