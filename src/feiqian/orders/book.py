"""Orders in memory: all that have not ended, and those that have lately changed. Whoever changes one does it here.

Nothing awaits between reading an order here and recording its next version, so no two changes have the same one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field

from feiqian.events import OrderChanged, PaymentDecided, encode_fact
from feiqian.ids import CustomerNumber, MerchantNumber
from feiqian.ledger.ledger import Ledger
from feiqian.limits.giving_back import give_back
from feiqian.money import MinorUnits
from feiqian.orders.model import ENDED, Capture, Order, order_object
from feiqian.payments.intent import OrderHold
from feiqian.runtime.shares import Shares

ENDED_KEPT = 10_000  # of those that have ended, when they are on disk
OPEN_ORDERS = 100_000  # from where on merchants share


@dataclass(slots=True, eq=False)
class Entry:
    """An order as it is now. `waiting`: its attempts that wait for their customers, by the payment's id. `counters`: by
    which what is authorised was counted, on the day `counted_on`, towards its payer's limits."""

    order: Order
    merchant: MerchantNumber
    customer: CustomerNumber
    hold: bytes
    money: bytes  # the hold of what is authorised and not captured yet
    position: int  # of the row of its newest change
    counters: bytes
    counted_on: int
    waiting: dict[str, PaymentDecided] = field(default_factory=dict)

    @property
    def named(self) -> OrderHold:
        return OrderHold(self.order.id, self.hold, self.order.capture is Capture.LATER)

    def given_back(self, amount: MinorUnits) -> list[bytes]:
        """The events that give the payer's limits so much back of what is held, and is not taken."""
        return give_back(self.counters, self.counted_on, amount)


def _entry(fact: OrderChanged, order: Order, position: int) -> Entry:
    of_limits = fact.counters, fact.counted_on
    return Entry(order, fact.merchant, fact.customer, fact.hold, fact.money, position, *of_limits)


class Book:
    """The orders that are in memory, by id."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._open: dict[str, Entry] = {}
        self._ended: OrderedDict[str, Entry] = OrderedDict()  # the one that was used longest ago first
        self.places: Shares[MerchantNumber] = Shares(OPEN_ORDERS)
        self.forgotten = 0  # how often one was: whoever reads an order meanwhile reads again

    def get(self, id: str) -> Entry | None:
        found = self._open.get(id)
        if found is None and (found := self._ended.get(id)) is not None:
            self._ended.move_to_end(id)
        return found

    def take(self, fact: OrderChanged) -> Entry:
        """An order as the read model has it, which nobody has changed since; in memory it may be already."""
        return self.get(fact.id) or self._keep(_entry(fact, order_object(fact), 0))

    def unended(self) -> Iterator[Entry]:
        return iter(tuple(self._open.values()))

    def change(self, entry: Entry | None, fact: OrderChanged, order: Order) -> Entry:
        """Records the next version of an order, in the row that is being filled; None: its first."""
        self._ledger.record(encode_fact(fact))
        if entry is None:
            return self._keep(_entry(fact, order, self._ledger.position))
        was_open = entry.order.id in self._open
        entry.order, entry.position = order, self._ledger.position
        entry.customer, entry.money = fact.customer or entry.customer, fact.money
        if was_open and entry.order.status in ENDED:
            del self._open[entry.order.id]
            self.places.leave(entry.merchant)
            self._keep(entry)
        return entry

    def _keep(self, entry: Entry) -> Entry:
        if entry.order.status in ENDED:
            self._ended[entry.order.id] = entry
            self._forget()
        else:
            self._open[entry.order.id] = entry
            # Those that were open at the start have their places whatever the limit is now.
            self.places.total += 1
            self.places.held[entry.merchant] = self.places.held.get(entry.merchant, 0) + 1
        return entry

    def _forget(self) -> None:
        """The oldest goes, unless it is not on disk yet: what is read of it afterwards is then its newest."""
        while len(self._ended) > ENDED_KEPT:
            oldest = next(iter(self._ended.values()))
            if oldest.position > self._ledger.durable_position:
                return
            del self._ended[oldest.order.id]
            self.forgotten += 1
