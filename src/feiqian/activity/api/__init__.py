"""Activity under /v1."""

from .activity import OPERATIONS as _ACTIVITY
from .receipts import OPERATIONS as _RECEIPTS
from .refused import PROBLEMS, TOLD

OPERATIONS = (*_ACTIVITY, *_RECEIPTS)
__all__ = ["OPERATIONS", "PROBLEMS", "TOLD"]
