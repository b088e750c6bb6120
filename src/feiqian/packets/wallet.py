"""The way to red packets, and how what is told of them stands in the inbox."""

from __future__ import annotations

from feiqian.checkout.wallet import SignedCode
from feiqian.inbox.model import Group
from feiqian.packets.links import PacketLinks
from feiqian.web.wallet_parts import NoticeKind, Shortcut

SHORTCUTS = (Shortcut(15, "gift", "packets.title", "/packets"),)
SCANNED = (SignedCode("packet", PacketLinks, 30),)  # to be opened
NOTICES = (
    NoticeKind("packet_for_you", "gift", "packets.notice.open", Group.PEOPLE),
    NoticeKind("packet_taken", "gift", "packets.notice.look", Group.PEOPLE),
    NoticeKind("packet_gone", "gift", "packets.notice.look", Group.PEOPLE),
    NoticeKind("packet_returned", "undo", "packets.notice.look", Group.PEOPLE),
)
