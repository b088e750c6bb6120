"""Red packets that a page has asked to confirm: kept as transfers are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from feiqian.packets.errors import PacketNotFound
from feiqian.packets.model import Asked, Mode
from feiqian.packets.tables import NOTE, begun
from feiqian.transfers.drafts import Drafts


class PacketDrafts(Drafts[Asked]):
    """See `Drafts`."""

    table, sealed, missing = begun, NOTE, PacketNotFound

    def columns(self, asked: Asked) -> Mapping[str, object]:
        kept = asked._asdict()
        del kept["note"]
        return kept | {"check_id": kept.pop("check")}

    def of_row(self, row: Any, note: str) -> Asked:
        what = row.number, row.amount, row.currency, row.shares, Mode(row.mode), row.check_id, row.source
        return Asked(*what, note)
