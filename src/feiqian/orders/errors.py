"""What can be wrong with a request about an order."""

from __future__ import annotations

from feiqian.errors import FeiqianError


class OrderError(FeiqianError):
    """A request that cannot be carried out as it is. Nothing was changed by it."""


class OrderNotFound(OrderError):
    """The merchant has no such order (another may: that is not told)."""


class OrderNumberUsed(OrderError):
    """The number was used before, for something else."""


class OrderStateForbids(OrderError):
    """The order is in a state in which this is not possible. Says which."""


class OrderInvalid(OrderError):
    """The merchant cannot be paid such an order. Says why."""


class TooManyOpenOrders(OrderError):
    """As many orders are open as may be."""


class RefundsUsedUp(OrderError):
    """The order was refunded too often, or was paid too long ago."""


class SourceInvalid(OrderError):
    """The customer has no such account to pay it from."""


class ChallengeNotKept(OrderError):
    """What the payer had proved is no longer known, and nothing was decided by it: it is proved anew."""
