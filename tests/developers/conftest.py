"""A served bank, and a merchant's receiver of webhooks."""

from receiving import receiver
from shop_people import bank

__all__ = ["bank", "receiver"]
