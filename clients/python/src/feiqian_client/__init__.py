"""Take payments at a bank that runs Feiqian: orders, payments, refunds and webhooks.

with Client("https://bank.example", key) as bank:
    order = bank.orders.create(merchant_order="A-1001", amount=1250, currency="CNY")
    settlement = bank.orders.settle(order.id)
"""

from . import returns, webhooks
from .calls import Retries
from .client import AsyncClient, Client
from .errors import (
    AnswerInvalid,
    Conflict,
    FeiqianError,
    Invalid,
    NotAllowed,
    NotFound,
    NumberUsed,
    OutcomeUnknown,
    Problem,
    ReturnInvalid,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    WebhookInvalid,
)
from .model import (
    Attempt,
    Balance,
    Customer,
    Delivery,
    Endpoint,
    LineItem,
    Order,
    Outcome,
    Payment,
    Refund,
    Settlement,
    Taken,
    outcome_of,
)
from .returns import Returned

__all__ = [
    "AnswerInvalid",
    "AsyncClient",
    "Attempt",
    "Balance",
    "Client",
    "Conflict",
    "Customer",
    "Delivery",
    "Endpoint",
    "FeiqianError",
    "Invalid",
    "LineItem",
    "NotAllowed",
    "NotFound",
    "NumberUsed",
    "Order",
    "Outcome",
    "OutcomeUnknown",
    "Payment",
    "Problem",
    "Refund",
    "Retries",
    "ReturnInvalid",
    "Returned",
    "Settlement",
    "Taken",
    "TooManyRequests",
    "Unauthenticated",
    "Unavailable",
    "WebhookInvalid",
    "outcome_of",
    "returns",
    "webhooks",
]
