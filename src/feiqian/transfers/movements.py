"""What transfers between people are called in lists, receipts and statements, for each of their sides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from feiqian.events import PersonTransferStatus
from feiqian.ids import PERSON_TRANSFER, CustomerNumber, is_id
from feiqian.money import MinorUnits
from feiqian.payments.movement_kinds import Described, Details, Line, MovementKind, Step, Unmoved
from feiqian.transfers.kinds import PersonTransferKind
from feiqian.transfers.read_model.reads import Shown
from feiqian.transfers.views import Side, View

if TYPE_CHECKING:
    from feiqian.services import Services

_ENDS = {
    PersonTransferStatus.DECLINED: "activity.step.declined",
    PersonTransferStatus.CANCELLED: "activity.step.cancelled",
    PersonTransferStatus.RETURNED: "transfers.step.returned",
}


class PersonTransfers(MovementKind):
    """Sent and received; and what was declined, or is on its way."""

    kinds = frozenset({int(PersonTransferKind.PERSON_TRANSFER)})

    def __init__(self, services: Services) -> None:
        self._transfers = services.person_transfers

    async def describe(self, customer: CustomerNumber, lines: Sequence[Line]) -> Sequence[Described]:
        reads = self._transfers.reads
        await reads.wait(max(line.entry.position for line in lines), who=("customer", customer))
        known = await reads.by_moved([line.entry.transfer for line in lines])
        views = await self._views(customer, list(known.values()))
        of_line = {transfer: views[shown.fact.id] for transfer, shown in known.items()}
        return [_described(of_line.get(line.entry.transfer), line.entry.amount > 0) for line in lines]

    async def details(self, customer: CustomerNumber, line: Line, described: Described) -> Details:
        found = await self._transfers.reads.by_id(customer, described.reference)
        if found is None:
            return Details()
        moved = Step("activity.step.moved", line.entry.at)
        held = [Step("activity.step.held", found.fact.created_at)] if found.ended_at else []
        return Details(_references(found.fact.id), [*held, moved])

    async def unmoved(self, customer: CustomerNumber, before: tuple[int, int], limit: int) -> Sequence[Unmoved]:
        found = await self._transfers.reads.unmoved(customer, before, limit)
        views = await self._views(customer, found)
        return [_unmoved(shown, views[shown.fact.id]) for shown in found]

    async def find(self, customer: CustomerNumber, id: str) -> Unmoved | int | None:
        found = await self._transfers.reads.by_id(customer, id) if is_id(PERSON_TRANSFER, id) else None
        if found is None:
            return None
        if found.status is PersonTransferStatus.SUCCEEDED:
            return found.ended_at or found.fact.created_at
        return _unmoved(found, (await self._views(customer, [found]))[id])

    async def details_of_unmoved(self, customer: CustomerNumber, it: Unmoved) -> Details:
        found = await self._transfers.reads.by_id(customer, it.id)
        if found is None:
            return Details()
        end = _ENDS.get(found.status)
        held = [] if found.status is PersonTransferStatus.DECLINED else [Step("activity.step.held", it.at)]
        ended = [Step(end, found.ended_at or it.at)] if end else []
        return Details(_references(it.id), [*held, *ended])

    async def _views(self, customer: CustomerNumber, found: list[Shown]) -> dict[str, View]:
        return {view.id: view for view in await self._transfers.views(customer, found, "en")}


def _described(view: View | None, came: bool) -> Described:
    text = "transfers.what.received" if came else "transfers.what.sent"
    if view is None:
        return Described(text)
    return Described(
        text=text,
        who=view.other,
        note=view.note,
        path=f"/transfers/{view.id}",
        reference=view.id,
        status=view.status.value,
        icon="person",
        reason=f"transfers.reason.{view.reason}" if view.reason else "",
        words=view.number or "",
    )


def _unmoved(shown: Shown, view: View) -> Unmoved:
    fact = shown.fact
    described = _described(view, came=view.side is Side.RECEIVED)
    return Unmoved(
        id=fact.id,
        position=shown.position,
        number=shown.no,
        at=fact.created_at,
        account=fact.debit,
        amount=MinorUnits(-fact.amount),
        currency=fact.currency,
        described=described,
    )


def _references(id: str) -> list[tuple[str, str]]:
    return [("activity.transfer", id)]


MOVEMENTS = (PersonTransfers,)
