"""A customer's movements: a page of the list, one by its id, all of an account, and what months came to. Only reads.

What moved is asked of the read model of payments and described by the features that move money; what has moved nothing
is asked of those features, and merged by its place in the journal. Nothing is kept for the list, so that no payment
costs more because somebody may search for it: a search looks at lines, so many at a time.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from feiqian.activity.describing import Describing, stream_of
from feiqian.activity.errors import MovementNotFound
from feiqian.activity.matching import Matching
from feiqian.activity.model import (
    EVERYTHING,
    ActivityPage,
    Movement,
    Receipt,
    Wanted,
    milliseconds_of,
    place_of,
)
from feiqian.activity.notes import Notes
from feiqian.clock import MICROSECONDS
from feiqian.ids import MOVEMENT, CustomerNumber, is_id
from feiqian.ledger.ledger import Ledger
from feiqian.payments.movement_kinds import Place
from feiqian.payments.read_model.lines import LATEST, OwnAccount, Span, Sum
from feiqian.payments.read_model.reads import PaymentReads

LOOKED_AT = 1000  # lines, for one page
AT_A_TIME = 100  # so that nobody waits for the event loop for longer than a millisecond
STATEMENT_CHUNK = 500
_MILLISECOND = MICROSECONDS // 1000


@dataclass(kw_only=True, eq=False, repr=False)
class Activity:
    """For the customer alone: whose accounts are looked at is part of every question."""

    ledger: Ledger
    reads: PaymentReads
    describing: Describing
    notes: Notes

    # --- the list --------------------------------------------------------------------------------------------------

    async def page(
        self, customer: CustomerNumber, wanted: Wanted = EVERYTHING, cursor: str = "", limit: int = 30
    ) -> ActivityPage:
        """A page of what is wanted, newest first. An account that is not the customer's has none.

        Raises CursorInvalid, ReadsBehind, TooBusy.
        """
        place = place_of(cursor) if cursor else LATEST
        accounts = await self._accounts(customer, wanted.account)
        notes = await self.notes.all_of(customer) if wanted.text else {}
        matching, found, looked = Matching(wanted, self.describing.between_own, notes), list[Movement](), 0
        at_a_time = AT_A_TIME if wanted.narrows else limit + 1
        more = bool(accounts)
        while more and len(found) <= limit and looked < LOOKED_AT:
            every = await self._next(customer, accounts, place, at_a_time, wanted)
            more, looked = len(every) == at_a_time, looked + len(every)
            found += [it for it in every if matching.fits(it)]
            place = every[-1].place if every else place
        shown = found[:limit]
        last = shown[-1].place if len(found) > limit else place
        older = ".".join(map(str, last)) if len(found) > limit or more else ""
        incomplete = await self.reads.customer_incomplete(customer)
        return ActivityPage(shown, older, bool(older) and len(shown) < limit, incomplete)

    async def _next(
        self, customer: CustomerNumber, accounts: Sequence[OwnAccount], before: Place, limit: int, wanted: Wanted
    ) -> list[Movement]:
        lines = await self.reads.lines_of_customer(accounts, before, limit, wanted.span)
        found = await self.describing.movements(customer, lines)
        ids = {account.id for account in accounts}
        for n in range(len(self.describing.kinds)):
            unmoved = await self.describing.unmoved(customer, n, before.edge(stream_of(n)), limit)
            found += [it for it in unmoved if it.account in ids]
        return sorted(found, key=lambda it: it.place, reverse=True)[:limit]

    async def sums(self, customer: CustomerNumber, span: Span, account: bytes = b"") -> list[Sum] | None:
        """What came and what left in a span, by currency, without transfers between own accounts where all accounts are
        asked for. None: there are too many lines."""
        accounts = await self._accounts(customer, account)
        return await self.reads.sums(accounts, span, frozenset() if account else self.describing.between_own)

    # --- one -------------------------------------------------------------------------------------------------------

    async def movement(self, customer: CustomerNumber, id: str) -> Movement:
        """By its id. What had not moved when it was given an id is found by that afterwards, too.

        Raises MovementNotFound, ReadsBehind.
        """
        await self.reads.wait(self.ledger.durable_position, who=("customer", customer))
        found: Movement | int | None
        if is_id(MOVEMENT, id):
            at = milliseconds_of(id) * _MILLISECOND
            near = await self._at(customer, Span(at, at + _MILLISECOND))
            found = next((it for it in near if it.id == id), None)
        else:
            found = await self.describing.find(customer, id)
            if isinstance(found, int):
                near = await self._at(customer, Span(found, found + 1))
                of_it = [it for it in near if it.described.reference == id]
                found = min(of_it, key=lambda it: it.amount, default=None)  # of two own accounts the one that it left
        if found is None:
            raise MovementNotFound("there is no such movement")
        return found

    async def _at(self, customer: CustomerNumber, span: Span) -> list[Movement]:
        """What moved within a moment."""
        accounts = await self.reads.accounts_of(customer)
        lines = await self.reads.lines_of_customer(accounts, LATEST, LOOKED_AT, span)
        within = [line for line in lines if span.start <= line.entry.at < span.end]
        return await self.describing.movements(customer, within)

    async def receipt(self, customer: CustomerNumber, id: str) -> Receipt:
        """Raises MovementNotFound, ReadsBehind."""
        movement = await self.movement(customer, id)
        return Receipt(movement, await self.describing.details(customer, movement))

    # --- statements ------------------------------------------------------------------------------------------------

    async def period(self, customer: CustomerNumber, account: bytes, span: Span) -> tuple[OwnAccount, int, int]:
        """Which lines of an account (its id in the ledger) are of a period: the first one's sequence number, and that
        of the first one after the period. Periods that follow each other have every line once, for ever.

        Waits until the read model has what is durable now. Raises MovementNotFound: the account is not the customer's.
        """
        await self.reads.wait(self.ledger.durable_position, who=("customer", customer))
        (found,) = await self._accounts(customer, account) or (None,)
        if found is None:
            raise MovementNotFound("there is no such account")
        first = await self.reads.first_line_at(found, span.start)
        return found, first, await self.reads.first_line_at(found, span.end)

    async def lines(
        self, customer: CustomerNumber, account: OwnAccount, first: int, before: int
    ) -> AsyncIterator[list[Movement]]:
        """The movements of an account with these sequence numbers, oldest first, some hundred at a time."""
        while first < before:
            lines = await self.reads.lines_of_account(account, first, before, STATEMENT_CHUNK)
            if not lines:
                return
            yield await self.describing.movements(customer, lines)
            first = lines[-1].entry.sequence + 1

    async def _accounts(self, customer: CustomerNumber, only: bytes) -> list[OwnAccount]:
        accounts = await self.reads.accounts_of(customer)
        return [account for account in accounts if only in (b"", account.id)]
