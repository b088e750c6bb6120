"""What an API key may be used for: each operation of /v1 for merchants names the scope that its key needs."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Scope(StrEnum):
    """Something that keys are allowed. The values are on the wire and on disk; `bit` is of this process only."""

    bit: int

    def __new__(cls, name: str) -> Scope:
        scope = str.__new__(cls, name)
        scope._value_ = name
        scope.bit = 1 << len(cls.__members__)
        return scope

    PAYMENTS_READ = "payments:read"
    PAYMENTS_WRITE = "payments:write"
    ORDERS_READ = "orders:read"
    ORDERS_WRITE = "orders:write"
    REFUNDS_WRITE = "refunds:write"
    WEBHOOKS = "webhooks"
    REPORTS_READ = "reports:read"


ALL = tuple(Scope)


def mask_of(scopes: Iterable[Scope]) -> int:
    """The bits of these scopes, for one test at each request."""
    mask = 0
    for scope in scopes:
        mask |= scope.bit
    return mask
