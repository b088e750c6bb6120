"""A bank of people in a folder of its own."""

from people import bank

__all__ = ["bank"]
