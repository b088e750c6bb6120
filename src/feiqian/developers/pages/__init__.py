"""Pages for a merchant's developers and operators, in the portal of its people."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from feiqian.developers.pages.asked import HOME, ORDERS
from feiqian.merchant_users.model import Permission
from feiqian.merchant_users.pages.portal import MenuItem
from feiqian.merchants.keys import LONGEST_NAME
from feiqian.webhooks.targets import LONGEST_URL

from .deliveries import DeliveryPages
from .endpoint import EndpointPages
from .home import home
from .keys import CONFIRM_KEY, KeyPages
from .order import CONFIRM_REFUND, LONGEST_WHY, OrderPages
from .orders import OrderListPages
from .webhooks import LONGEST_DESCRIPTION, WebhookPages

PAGES: list[ControllerRouterHandler] = []
MERCHANT_PAGES: list[ControllerRouterHandler] = [
    *(home, KeyPages, CONFIRM_KEY, WebhookPages, EndpointPages, DeliveryPages),
    *(OrderListPages, OrderPages, CONFIRM_REFUND),
]
MERCHANT_MENU = (
    MenuItem(10, "orders", ORDERS, "receipt", Permission.ORDERS_READ),
    MenuItem(20, "developers", HOME, "laptop", Permission.KEYS_READ),
    MenuItem(30, "keys", f"{HOME}/keys", "key", Permission.KEYS_READ),
    MenuItem(40, "webhooks", f"{HOME}/webhooks", "bell", Permission.WEBHOOKS_READ),
)
LONGEST = {
    "keyname": LONGEST_NAME,
    "url": LONGEST_URL,
    "search": 64,
    "refundwhy": LONGEST_WHY,
    "endpoint": LONGEST_DESCRIPTION,
}
