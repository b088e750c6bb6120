"""The pages of red packets: making one, and what is in it for whoever looks."""

from __future__ import annotations

from . import confirming, making, packet
from .making import LONGEST

__all__ = ["LONGEST", "PAGES"]
PAGES = (making.GroupPages, making.OnePages, making.ToPages, confirming.PROVE, packet.PacketPages)
