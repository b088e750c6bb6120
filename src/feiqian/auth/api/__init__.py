"""`/v1/me`: proving who one is, and the security centre, for the bank's own apps; `/v1/bank`: reassigned numbers."""

from . import bank, preauth, push, security
from .refused import PROBLEMS, TOLD

__all__ = ["OPERATIONS", "PROBLEMS", "TOLD"]
OPERATIONS = (*preauth.OPERATIONS, *security.OPERATIONS, *push.OPERATIONS, *bank.OPERATIONS)
