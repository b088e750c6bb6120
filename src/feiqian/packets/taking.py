"""The decision that gives somebody a share, in one stretch in which nothing awaits.

Which share is next, the ledger knows: shares leave a packet in their order, so what was used of its total says how many
are gone. One chain claims the packet for the taker, uses so much of the total, and moves the share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from feiqian.clock import MICROSECONDS
from feiqian.events import PacketTaken, encode_fact
from feiqian.ids import CustomerNumber
from feiqian.ledger import chart
from feiqian.ledger.engine import Period, Type, chain
from feiqian.ledger.ledger import Ledger
from feiqian.limits.counting import Counting
from feiqian.money import MinorUnits
from feiqian.packets import kinds
from feiqian.packets.errors import PacketNotFound, PacketNotTaken
from feiqian.packets.kinds import PacketTransferKind
from feiqian.packets.model import Packet, Why
from feiqian.payees.model import Found
from feiqian.payees.service import Payees
from feiqian.policy.model import PacketRules

_REMEMBERED_SECONDS = 86_400  # after its end, when nothing is left to take anyway


@dataclass(kw_only=True, eq=False, repr=False)
class Taker:
    """Of one bank. Everything here belongs to the event loop."""

    ledger: Ledger
    payees: Payees
    rules: PacketRules

    def has_taken(self, packet: Packet, taker: CustomerNumber) -> bool:
        """Whether this customer has a share of it."""
        known = self.ledger.engine.remembered(kinds.taken(packet.id, taker))
        return known is not None and known.type == Type.TRANSFER

    def why_not(self, packet: Packet, taker: CustomerNumber) -> Why | None:
        """Why this customer could take nothing now, who has none yet. Raises PacketNotFound."""
        place = self._next(packet)
        if self.ledger.clock.now() >= packet.ends_at:
            return Why.ENDED
        if place is None:
            return Why.GONE
        if taker == packet.sender and not self.rules.sender_takes:
            return Why.OWN
        if not self.payees.receives(Found(taker), packet.currency, packet.shares[place]):
            return Why.NOT_POSSIBLE
        return None

    def take(self, packet: Packet, taker: CustomerNumber) -> None:
        """Moves the next share to the taker's wallet; again: nothing more happens. Raises PacketNotFound,
        PacketNotTaken, LedgerStopped, NotDeciding."""
        if self.has_taken(packet, taker):
            return
        self.ledger.require_deciding()
        if (why := self.why_not(packet, taker)) is not None:
            raise PacketNotTaken(why)
        now, place = self.ledger.clock.now(), self._next(packet)
        assert place is not None, "there is one: it was asked just now"
        seconds, share, transfer = now // MICROSECONDS, packet.shares[place], kinds.taken(packet.id, taker)
        credit = self.payees.account_of(Found(taker), packet.currency)
        counted = Counting(self.ledger).use(kinds.taken_day(taker), Period.DAY, self.rules.taken_day, 1, seconds)
        if counted is None:
            raise PacketNotTaken(Why.TOO_MANY)
        posting = self.ledger.post(
            counted
            + chain(
                chart.claim(kinds.taken_once(packet.id, taker), packet.ends_at // MICROSECONDS + _REMEMBERED_SECONDS),
                chart.use(kinds.total(packet.id), share),
                chart.transfer(
                    transfer,
                    debit=kinds.bank_account(packet.currency),
                    credit=credit,
                    amount=share,
                    kind=PacketTransferKind.PACKET_TAKEN,
                ),
            )
        )
        if posting.refusal != 0:
            raise RuntimeError(f"a share of a red packet was refused as {posting.refusal.name}")
        left = len(packet.shares) - place - 1
        what = packet.id, transfer, packet.sender, taker, place, left, share, packet.currency, credit, now
        self.ledger.record(encode_fact(PacketTaken(*what)))

    def _next(self, packet: Packet) -> int | None:
        """The place of the share that is taken next; None if all are gone, or returned. Raises PacketNotFound."""
        found = self.ledger.engine.used(kinds.total(packet.id))
        if found is None:
            raise PacketNotFound
        used, whole = found
        return None if used >= whole else place_of(packet.shares, used)


def place_of(shares: Sequence[MinorUnits], used: int) -> int:
    """How many of the first shares are so much together. Raises ValueError if none are."""
    together = 0
    for place, share in enumerate(shares):
        if together == used:
            return place
        together += share
    raise ValueError(f"no shares are {used} together")
