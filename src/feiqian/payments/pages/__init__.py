"""The pages of paying: the wallet with its code, and confirming."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from .confirm import CONFIRM, Confirm
from .wallet import Wallet

PAGES: list[ControllerRouterHandler] = [Wallet, Confirm, CONFIRM]
