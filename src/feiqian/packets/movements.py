"""What red packets are called in lists, receipts and statements: put in, taken, come back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from feiqian.events import PacketStatus
from feiqian.ids import RED_PACKET, CustomerNumber, is_id
from feiqian.money import BY_NUMBER, MinorUnits, Money
from feiqian.packets.kinds import PacketTransferKind
from feiqian.packets.read_model.reads import Shown
from feiqian.packets.views import View, reason_key
from feiqian.payments.movement_kinds import Described, Details, Line, MovementKind, Step, Unmoved

if TYPE_CHECKING:
    from feiqian.services import Services

_TEXTS = {
    PacketTransferKind.PACKET_FILLED: "packets.what.filled",
    PacketTransferKind.PACKET_TAKEN: "packets.what.taken",
    PacketTransferKind.PACKET_RETURNED: "packets.what.returned",
}
_REFERENCE = "packets.reference"


class RedPackets(MovementKind):
    """Each of a packet's transfers; and the packets that were declined."""

    kinds = frozenset(map(int, PacketTransferKind))

    def __init__(self, services: Services) -> None:
        self._packets = services.packets

    async def describe(self, customer: CustomerNumber, lines: Sequence[Line]) -> Sequence[Described]:
        reads = self._packets.reads
        await reads.wait(max(line.entry.position for line in lines), who=("customer", customer))
        known = await reads.by_moved(customer, [line.entry.transfer for line in lines])
        views = await self._views(customer, list(known.values()))
        of_line = {transfer: views[shown.fact.id] for transfer, shown in known.items()}
        return [_described(of_line.get(line.entry.transfer), line.entry.kind) for line in lines]

    async def details(self, customer: CustomerNumber, line: Line, described: Described) -> Details:
        found = await self._packets.reads.by_id(customer, described.reference)
        if found is None:
            return Details()
        steps = [Step("packets.step.filled", found.fact.created_at)]
        if line.entry.kind != PacketTransferKind.PACKET_FILLED:
            taken = line.entry.kind == PacketTransferKind.PACKET_TAKEN
            steps.append(Step("packets.step.taken" if taken else "packets.step.returned", line.entry.at))
        back = found.returned if line.entry.kind == PacketTransferKind.PACKET_FILLED else 0
        money = Money(MinorUnits(back), BY_NUMBER[found.fact.currency]) if back else None
        return Details([(_REFERENCE, found.fact.id)], steps, back=money)

    async def unmoved(self, customer: CustomerNumber, before: tuple[int, int], limit: int) -> Sequence[Unmoved]:
        found = await self._packets.reads.unmoved(customer, before, limit)
        views = await self._views(customer, found)
        return [_unmoved(shown, views[shown.fact.id]) for shown in found]

    async def find(self, customer: CustomerNumber, id: str) -> Unmoved | int | None:
        found = await self._packets.reads.by_id(customer, id) if is_id(RED_PACKET, id) else None
        if found is None:
            return None
        if found.fact.status is PacketStatus.DECLINED:
            return _unmoved(found, (await self._views(customer, [found]))[id])
        if found.fact.sender == customer:
            return found.fact.created_at
        taken = await self._packets.reads.takes(found.no)
        return next((take.at for take in taken if take.taker == customer), None)

    async def details_of_unmoved(self, customer: CustomerNumber, it: Unmoved) -> Details:
        return Details([(_REFERENCE, it.id)], [Step("activity.step.declined", it.at)])

    async def _views(self, customer: CustomerNumber, found: list[Shown]) -> dict[str, View]:
        return {view.id: view for view in await self._packets.views(customer, found, "en")}


def _described(view: View | None, kind: int) -> Described:
    text = _TEXTS[PacketTransferKind(kind)]
    if view is None:
        return Described(text, icon="gift")
    of_own = view.made and kind != PacketTransferKind.PACKET_FILLED
    return Described(
        text=text,
        who="" if of_own else view.other,
        note=view.note,
        path=f"/packets/{view.id}",
        reference=view.id,
        status="declined" if view.reason else "succeeded",
        icon="gift",
        reason=reason_key(view.reason) if view.reason else "",
        words=view.number or "",
    )


def _unmoved(shown: Shown, view: View) -> Unmoved:
    fact = shown.fact
    return Unmoved(
        id=fact.id,
        position=shown.position,
        number=shown.no,
        at=fact.created_at,
        account=fact.debit,
        amount=MinorUnits(-fact.amount),
        currency=fact.currency,
        described=_described(view, PacketTransferKind.PACKET_FILLED),
    )


MOVEMENTS = (RedPackets,)
