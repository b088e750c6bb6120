"""Red packets as somebody is shown them: names of others masked, reasons in words. Decides nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from feiqian.events import PacketStatus
from feiqian.ids import NO_CUSTOMER, CustomerNumber
from feiqian.money import CurrencyNumber, MinorUnits
from feiqian.packets.model import REASONS, Mode, PacketDecline
from feiqian.packets.read_model.reads import Shown, Take
from feiqian.strings.masking import masked_name
from feiqian.texts import texts_in

_OWN_WORDS = frozenset(
    {PacketDecline.RECEIVER_NOT_RECEIVING, PacketDecline.TOO_MANY_PACKETS, PacketDecline.NOT_POSSIBLE}
)


class State(StrEnum):
    """What has become of a packet. The values are on the wire."""

    OPEN = "open"
    GONE = "gone"  # all shares are taken
    ENDED = "ended"  # its time is over, and what is left is on its way back
    RETURNED = "returned"
    DECLINED = "declined"


class Taken(NamedTuple):
    """A share that somebody has taken. `best`: the largest of a packet of random shares that is gone."""

    who: str  # masked; "" of one's own
    mine: bool
    amount: MinorUnits
    at: int
    best: bool


class View(NamedTuple):
    """A packet as somebody sees it; times in Unix microseconds. `cannot` is why whoever looks could take nothing now,
    "" if they could, or have; `takes` and `own` (what one has taken) are told those who have made it or taken of it."""

    id: str
    made: bool  # by whoever looks
    shared: bool  # by a link
    state: State
    reason: str | None
    message: str | None
    other: str  # of one's own the receiver as confirmed, "" of one that is shared; else its sender, masked
    amount: MinorUnits | None  # None: not told before one has taken
    currency: CurrencyNumber
    shares: int
    taken: int
    given: MinorUnits | None
    returned: MinorUnits | None
    mode: Mode
    note: str
    number: str | None
    created_at: int
    ends_at: int
    own: MinorUnits | None
    takes: list[Taken]
    cannot: str


def view_of(
    shown: Shown,
    customer: CustomerNumber,
    names: Mapping[CustomerNumber, str],
    language: str,
    now: int,
    takes: Sequence[Take] = (),
    cannot: str | None = None,
) -> View:
    """`names`: of all but the customer; `takes` in their order."""
    fact, made = shown.fact, shown.fact.sender == customer
    state = _state(shown, now)
    knows = made or shown.own is not None
    return View(
        id=fact.id,
        made=made,
        shared=fact.receiver == NO_CUSTOMER,
        state=state,
        reason=fact.reason if made else None,
        message=reason_words(fact.reason, language) if made and fact.reason else None,
        other=fact.payee if made else masked_name(names.get(fact.sender, "")),
        amount=fact.amount if knows else None,
        currency=fact.currency,
        shares=len(fact.shares),
        taken=shown.taken,
        given=shown.given if knows else None,
        returned=shown.returned if made else None,
        mode=Mode(fact.mode),
        note=fact.note,
        number=fact.number if made else None,
        created_at=fact.created_at,
        ends_at=fact.ends_at,
        own=shown.own,
        takes=_takes(shown, customer, names, takes, state) if knows else [],
        cannot=cannot or "",
    )


def _state(shown: Shown, now: int) -> State:
    if shown.fact.status is PacketStatus.DECLINED:
        return State.DECLINED
    if shown.taken == len(shown.fact.shares):
        return State.GONE
    if shown.returned:
        return State.RETURNED
    return State.ENDED if now >= shown.fact.ends_at else State.OPEN


def _takes(
    shown: Shown,
    customer: CustomerNumber,
    names: Mapping[CustomerNumber, str],
    takes: Sequence[Take],
    state: State,
) -> list[Taken]:
    told = state is State.GONE and shown.fact.mode == Mode.RANDOM and len(takes) > 1
    best = max((take.amount for take in takes), default=0) if told else None
    first = next((take.place for take in takes if take.amount == best), None)
    return [
        Taken(
            "" if take.taker == customer else masked_name(names.get(take.taker, "")),
            take.taker == customer,
            take.amount,
            take.at,
            take.place == first,
        )
        for take in takes
    ]


def reason_words(reason: str, language: str) -> str:
    """Why it was declined, for its sender; a reason of a later version gets the most general sentence."""
    return texts_in(language)(reason_key(reason))


def reason_key(reason: str) -> str:
    """The text that says it: one of packets, or what is said of transfers."""
    known = reason if reason in REASONS else PacketDecline.NOT_POSSIBLE
    return f"packets.reason.{known}" if known in _OWN_WORDS else f"transfers.reason.{known}"
