"""The engine's specification, in plain Python: read this to know what the ledger does.

`native.py` must agree with it in every result, record, balance and dump; where the two differ, this one is right. It
imports nothing but the protocol. It also serves, slowly, where the native library is not built. Its state is in
`spec_state.py`, how that is written down in `spec_dump.py`.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable

from .engine import (
    ACCEPTED,
    CLOSED,
    EVENT,
    EVENT_SIZE,
    LINKED,
    MOVES,
    NO_ID,
    REMEMBERED,
    UNLIMITED,
    HoldState,
    Period,
    Refusal,
    Side,
    Type,
    check_moment,
    fold,
    period_number,
)
from .spec_dump import SpecDump
from .spec_state import AccountEntry, AllowanceEntry, TransferEntry

Event = tuple[int, int, int, int, int, bytes, bytes, bytes, bytes]  # as EVENT unpacks it
Undo = Callable[[], object]

# As plain numbers, because these are compared with at every event.
OK, EXISTS = int(Refusal.OK), int(Refusal.EXISTS)
HOLD, SWEEP, OPEN = int(Type.HOLD), int(Type.SWEEP), int(HoldState.OPEN)
LINKED_EVENT_FAILED = int(Refusal.LINKED_EVENT_FAILED)


class SpecEngine(SpecDump):
    """See `engine.Engine`."""

    def __init__(self) -> None:
        super().__init__()
        self._undo: list[Undo] = []  # how to take back what the chain under way has changed
        self._handlers: dict[int, Callable[[Event], int]] = {
            int(Type.ACCOUNT): self._open_account,
            int(Type.TRANSFER): self._transfer,
            int(Type.HOLD): self._transfer,
            int(Type.CAPTURE): self._capture,
            int(Type.RELEASE): self._release,
            int(Type.SWEEP): self._transfer,
            int(Type.FREEZE): self._freeze,
            int(Type.UNFREEZE): self._unfreeze,
            int(Type.CLOSE): self._close,
            int(Type.ALLOWANCE): self._open_allowance,
            int(Type.USE): self._use,
            int(Type.RESTORE): self._restore,
            int(Type.CLAIM): self._claim,
        }

    # --- apply -------------------------------------------------------------------------------------------------

    def apply(self, events: bytes, seconds: int, day: int) -> tuple[bytes, bytes]:
        check_moment(seconds, day)
        if len(events) % EVENT_SIZE:
            raise ValueError(f"{len(events)} bytes are not a whole number of events of {EVENT_SIZE} bytes")
        records: list[bytes] = []
        results = bytearray()
        self._advance(seconds, day, records)
        chain: list[Event] = []
        for event in EVENT.iter_unpack(events):
            chain.append(event)
            if not event[1] & LINKED:
                results += self._apply_chain(chain, records)
                chain = []
        if chain:  # the batch ends within a chain
            results += bytes([LINKED_EVENT_FAILED] * (len(chain) - 1) + [Refusal.CHAIN_OPEN])
        return bytes(results), b"".join(records)

    def _apply_chain(self, chain: list[Event], records: list[bytes]) -> bytes:
        naming = _naming(chain)
        # A retry is answered before anything else is looked at: its code is claimed and its money gone by now.
        if naming is not None and (known := self._transfers.get(chain[naming][5])) is not None:
            code = self._compare(chain[naming], known)
            if code == EXISTS:
                return bytes([EXISTS] * len(chain))
            return _failed(len(chain), naming, code)
        results = bytearray()
        accepted: list[bytes] = []
        self._undo.clear()
        for place, event in enumerate(chain):
            code = self._apply_event(event, accepted)
            if code not in ACCEPTED:
                for undo in reversed(self._undo):
                    undo()
                if naming is not None and code in REMEMBERED:
                    self._remember_refusal(chain[naming], code, records)
                return _failed(len(chain), place, code)
            results.append(code)
        if accepted:
            last = accepted[-1]
            accepted[-1] = last[:1] + b"\0" + last[2:]  # what existed is not recorded: the chain may end earlier
            records += accepted
        return bytes(results)

    def _apply_event(self, event: Event, accepted: list[bytes]) -> int:
        handler = self._handlers.get(event[0])
        if handler is None:
            return Refusal.TYPE_INVALID
        if event[1] not in (0, LINKED):
            return Refusal.FLAGS_INVALID
        if event[5] == NO_ID:
            return Refusal.ID_MUST_NOT_BE_ZERO
        code = handler(event)
        if code == OK:
            if event[0] == SWEEP:  # the record says how much was there, so that a replay need not ask
                event = (*event[:4], self._transfers[event[5]].amount, *event[5:])
            accepted.append(EVENT.pack(*event))
        return code

    def _remember_refusal(self, event: Event, code: int, records: list[bytes]) -> None:
        if event[5] != NO_ID:  # a later event of the chain failed first
            self._remember(event[5], Type.REFUSED, code, 0, 0, 0, 0, NO_ID)
            records.append(EVENT.pack(Type.REFUSED, 0, code, 0, 0, event[5], NO_ID, NO_ID, NO_ID))

    def _compare(self, event: Event, known: TransferEntry) -> int:
        """The answer to a retry, from the event that names it alone: `aux` and the chain's other events may differ."""
        type_, _, kind, _, amount, _, debit, credit, reference = event
        if known.type == Type.REFUSED:
            return known.status
        if known.type != type_:
            return Refusal.EXISTS_WITH_DIFFERENT_TYPE
        if type_ in (Type.CAPTURE, Type.RELEASE):
            if self._transfer_at[known.debit].id != debit:
                return Refusal.EXISTS_WITH_DIFFERENT_DEBIT
        elif self._account_at[known.debit].id != debit:
            return Refusal.EXISTS_WITH_DIFFERENT_DEBIT
        elif self._account_at[known.credit].id != credit:
            return Refusal.EXISTS_WITH_DIFFERENT_CREDIT
        # A sweep asked for "at most amount", and keeps what was there.
        same = amount >= known.amount if type_ == Type.SWEEP else amount == known.amount
        if not same and type_ != Type.RELEASE:
            return Refusal.EXISTS_WITH_DIFFERENT_AMOUNT
        if kind != known.kind:
            return Refusal.EXISTS_WITH_DIFFERENT_KIND
        if fold(reference) != known.fold:
            return Refusal.EXISTS_WITH_DIFFERENT_REFERENCE
        return EXISTS

    # --- time --------------------------------------------------------------------------------------------------

    def _advance(self, seconds: int, day: int, records: list[bytes]) -> None:
        seconds, day = max(seconds, self._seconds), max(day, self._day)
        if (seconds, day) == (self._seconds, self._day):
            return
        self._seconds, self._day = seconds, day
        records.append(EVENT.pack(Type.TIME, 0, 0, day, seconds, NO_ID, NO_ID, NO_ID, NO_ID))
        while self._due and self._due[0][0] <= seconds:
            expires, place = heapq.heappop(self._due)
            if self._holds.get(place) == expires:
                hold = self._transfer_at[place]
                self._end_hold(hold, HoldState.EXPIRED)
                records.append(EVENT.pack(Type.EXPIRE_HOLD, 0, 0, 0, 0, hold.id, NO_ID, NO_ID, NO_ID))
        if self._forget_claims(seconds):
            records.append(EVENT.pack(Type.EXPIRE_CLAIMS, 0, 0, 0, seconds, NO_ID, NO_ID, NO_ID, NO_ID))

    def _forget_claims(self, seconds: int) -> bool:
        forgotten = False
        while self._claims_due and self._claims_due[0][0] <= seconds:
            until, id = heapq.heappop(self._claims_due)
            if self._claims.get(id) == until:
                del self._claims[id]
                forgotten = True
        return forgotten

    # --- accounts ----------------------------------------------------------------------------------------------

    def _open_account(self, event: Event) -> int:
        _, _, kind, currency, overdraft, id, *_ = event
        if not 0 < currency < 1000:
            return Refusal.CURRENCY_INVALID
        if (known := self._accounts.get(id)) is not None:
            if known.kind != kind:
                return Refusal.EXISTS_WITH_DIFFERENT_KIND
            if known.currency != currency:
                return Refusal.EXISTS_WITH_DIFFERENT_CURRENCY
            return EXISTS if known.overdraft == overdraft else Refusal.EXISTS_WITH_DIFFERENT_OVERDRAFT
        account = self._accounts[id] = AccountEntry(id, len(self._account_at), kind, currency, overdraft)
        self._account_at.append(account)
        self._undo.append(lambda: (self._accounts.pop(id), self._account_at.pop()))
        return OK

    def _freeze(self, event: Event) -> int:
        return self._set_stops(event, lambda stops, sides: stops | sides)

    def _unfreeze(self, event: Event) -> int:
        return self._set_stops(event, lambda stops, sides: stops & ~sides)

    def _set_stops(self, event: Event, change: Callable[[int, int], int]) -> int:
        sides, id = event[2], event[5]
        if sides not in (Side.DEBIT, Side.CREDIT, Side.DEBIT | Side.CREDIT):
            return Refusal.SIDES_INVALID
        account = self._accounts.get(id)
        if account is None:
            return Refusal.ACCOUNT_NOT_FOUND
        if account.stops & CLOSED:
            return Refusal.ACCOUNT_CLOSED
        return self._stop(account, change(account.stops, sides))

    def _close(self, event: Event) -> int:
        account = self._accounts.get(event[5])
        if account is None:
            return Refusal.ACCOUNT_NOT_FOUND
        if account.debits_posted != account.credits_posted or account.debits_pending or account.credits_pending:
            return Refusal.ACCOUNT_NOT_EMPTY
        return self._stop(account, account.stops | CLOSED)

    def _stop(self, account: AccountEntry, stops: int) -> int:
        before = account.stops
        if before == stops:
            return EXISTS
        account.stops = stops
        self._undo.append(lambda: setattr(account, "stops", before))
        return OK

    # --- money -------------------------------------------------------------------------------------------------

    def _transfer(self, event: Event) -> int:
        """TRANSFER, HOLD and SWEEP: the same checks, in the same order."""
        type_, _, kind, timeout_seconds, amount, id, debit_id, credit_id, reference = event
        if id in self._transfers:
            return Refusal.ID_ALREADY_USED
        # A zero-amount hold is allowed: it reserves a decision (to confirm, cancel or let expire), not money.
        if amount == 0 and type_ != HOLD:
            return Refusal.AMOUNT_MUST_NOT_BE_ZERO
        if debit_id == credit_id:
            return Refusal.ACCOUNTS_MUST_BE_DIFFERENT
        debit, credit = self._accounts.get(debit_id), self._accounts.get(credit_id)
        if debit is None:
            return Refusal.DEBIT_ACCOUNT_NOT_FOUND
        if credit is None:
            return Refusal.CREDIT_ACCOUNT_NOT_FOUND
        if debit.currency != credit.currency:
            return Refusal.CURRENCIES_DIFFER
        if (debit.stops or credit.stops) and (code := _stopped(debit, credit)):
            return code
        if type_ == SWEEP:
            amount = min(amount, debit.available())
            if amount == 0:  # before OVERFLOW, which depends on the amount; an event cannot be refused for both
                return Refusal.NOTHING_AVAILABLE
        # Pending counts here, so that a capture can neither overflow nor overdraw later.
        if debit.debits_posted + debit.debits_pending + amount > UNLIMITED:
            return Refusal.OVERFLOW
        if credit.credits_posted + credit.credits_pending + amount > UNLIMITED:
            return Refusal.OVERFLOW
        if amount > debit.available():
            return Refusal.INSUFFICIENT_FUNDS
        # From here on it must succeed.
        transfer = self._remember(id, type_, OPEN, amount, debit.place, credit.place, kind, reference)
        if type_ == HOLD:
            self._open_hold(transfer, timeout_seconds)
            self._move_pending(debit, credit, amount)
        else:
            self._move(debit, credit, amount)
        return OK

    def _capture(self, event: Event) -> int:
        _, _, kind, _, amount, id, hold_id, _, reference = event
        code, hold = self._open_hold_of(id, hold_id)
        if hold is None:
            return code
        if amount == 0 and hold.amount > 0:
            return Refusal.AMOUNT_MUST_NOT_BE_ZERO
        if amount > hold.amount:
            return Refusal.AMOUNT_ABOVE_HOLD
        debit, credit = self._account_at[hold.debit], self._account_at[hold.credit]
        if code := _stopped(debit, credit):  # a freeze stops what was reserved, too
            return code
        # From here on it must succeed.
        self._remember(id, Type.CAPTURE, HoldState.OPEN, amount, hold.place, 0, kind, reference)
        self._end_hold(hold, HoldState.CAPTURED)
        self._move(debit, credit, amount)
        return OK

    def _release(self, event: Event) -> int:
        _, _, kind, _, _, id, hold_id, _, reference = event
        code, hold = self._open_hold_of(id, hold_id)
        if hold is None:
            return code
        self._remember(id, Type.RELEASE, HoldState.OPEN, 0, hold.place, 0, kind, reference)
        self._end_hold(hold, HoldState.RELEASED)
        return OK

    def _open_hold_of(self, id: bytes, hold_id: bytes) -> tuple[int, TransferEntry | None]:
        if id in self._transfers:
            return Refusal.ID_ALREADY_USED, None
        hold = self._transfers.get(hold_id)
        if hold is None or hold.type != Type.HOLD:
            return Refusal.HOLD_NOT_FOUND, None
        ended = {HoldState.CAPTURED: Refusal.HOLD_CAPTURED, HoldState.RELEASED: Refusal.HOLD_RELEASED}
        if hold.status != HoldState.OPEN:
            return ended.get(HoldState(hold.status), Refusal.HOLD_EXPIRED), None
        return OK, hold

    def _remember(
        self, id: bytes, type_: int, status: int, amount: int, debit: int, credit: int, kind: int, reference: bytes
    ) -> TransferEntry:
        place = len(self._transfer_at)
        transfer = TransferEntry(id, place, type_, status, amount, debit, credit, kind, fold(reference))
        self._transfers[id] = transfer
        self._transfer_at.append(transfer)
        self._undo.append(lambda: (self._transfers.pop(id), self._transfer_at.pop()))
        return transfer

    def _move(self, debit: AccountEntry, credit: AccountEntry, amount: int) -> None:
        debit.debits_posted += amount
        credit.credits_posted += amount

        def undo() -> None:
            debit.debits_posted -= amount
            credit.credits_posted -= amount

        self._undo.append(undo)

    def _move_pending(self, debit: AccountEntry, credit: AccountEntry, amount: int) -> None:
        debit.debits_pending += amount
        credit.credits_pending += amount

        def undo() -> None:
            debit.debits_pending -= amount
            credit.credits_pending -= amount

        self._undo.append(undo)

    def _open_hold(self, hold: TransferEntry, timeout_seconds: int) -> None:
        expires = min(self._seconds + timeout_seconds, UNLIMITED) if timeout_seconds else 0
        self._holds[hold.place] = expires
        self._undo.append(lambda: self._holds.pop(hold.place))
        if expires:
            heapq.heappush(self._due, (expires, hold.place))

    def _end_hold(self, hold: TransferEntry, state: HoldState) -> None:
        """The hold is over, and all of it leaves the pending sums; a capture moves its part afterwards."""
        expires = self._holds.pop(hold.place)
        hold.status = state

        def undo() -> None:
            hold.status = HoldState.OPEN
            self._reopen(hold.place, expires)

        self._undo.append(undo)
        self._move_pending(self._account_at[hold.debit], self._account_at[hold.credit], -hold.amount)

    # --- allowances and claims ---------------------------------------------------------------------------------

    def _open_allowance(self, event: Event) -> int:
        _, _, period, _, cap, id, *_ = event
        if not Period.DAY <= period <= Period.EVER:
            return Refusal.PERIOD_INVALID
        known = self._allowances.get(id)
        if known is None:
            self._allowances[id] = AllowanceEntry(id, cap, 0, period_number(period, self._day), period)
            self._undo.append(lambda: self._allowances.pop(id))
            return OK
        if known.period != period:
            return Refusal.EXISTS_WITH_DIFFERENT_PERIOD
        before = known.cap
        if before == cap:
            return EXISTS
        known.cap = cap  # what is used already stays used
        self._undo.append(lambda: setattr(known, "cap", before))
        return OK

    def _use(self, event: Event) -> int:
        allowance = self._allowances.get(event[5])
        if allowance is None:
            return Refusal.ALLOWANCE_NOT_FOUND
        number = period_number(allowance.period, self._day)
        used = allowance.used if allowance.number == number else 0
        if used + event[4] > allowance.cap:
            return Refusal.ALLOWANCE_EXCEEDED
        self._set_used(allowance, used + event[4], number)
        return OK

    def _restore(self, event: Event) -> int:
        """Gives back what was used in the period `aux`; of a period that is over nothing is left to give back."""
        allowance = self._allowances.get(event[5])
        if allowance is None:
            return Refusal.ALLOWANCE_NOT_FOUND
        number = period_number(allowance.period, self._day)
        if event[3] == number == allowance.number:
            self._set_used(allowance, max(0, allowance.used - event[4]), number)
        return OK

    def _set_used(self, allowance: AllowanceEntry, used: int, number: int) -> None:
        before = allowance.used, allowance.number
        allowance.used, allowance.number = used, number

        def undo() -> None:
            allowance.used, allowance.number = before

        self._undo.append(undo)

    def _claim(self, event: Event) -> int:
        until, id = event[4], event[5]
        if until <= self._seconds:
            return Refusal.CLAIM_ALREADY_PAST
        if id in self._claims:
            return Refusal.CLAIMED
        self._claims[id] = until
        self._undo.append(lambda: self._claims.pop(id))
        heapq.heappush(self._claims_due, (until, id))
        return OK

    # --- replay ------------------------------------------------------------------------------------------------

    def replay(self, records: bytes) -> None:
        if len(records) % EVENT_SIZE:
            raise ValueError(f"{len(records)} bytes are not a whole number of records of {EVENT_SIZE} bytes")
        for at, event in enumerate(EVENT.iter_unpack(records)):
            self._undo.clear()
            if (code := self._replay_event(event)) != OK:
                raise ValueError(f"record {at} cannot have come from this state: {Refusal(code).name}")

    def _replay_event(self, event: Event) -> int:
        type_, _, kind, aux, amount, id, *_ = event
        if type_ == Type.TIME:
            self._seconds, self._day = amount, aux
        elif type_ == Type.EXPIRE_HOLD:
            hold = self._transfers.get(id)
            if hold is None or hold.place not in self._holds:
                return Refusal.HOLD_NOT_FOUND
            self._end_hold(hold, HoldState.EXPIRED)
        elif type_ == Type.EXPIRE_CLAIMS:
            self._forget_claims(amount)
        elif type_ == Type.REFUSED:
            if id == NO_ID:
                return Refusal.ID_MUST_NOT_BE_ZERO
            if kind not in REMEMBERED:
                return Refusal.TYPE_INVALID
            if id in self._transfers:
                return Refusal.ID_ALREADY_USED
            self._remember(id, Type.REFUSED, kind, 0, 0, 0, 0, NO_ID)
        else:
            return self._apply_event(event, [])
        return OK


def _naming(chain: list[Event]) -> int | None:
    """The place of the event that names the chain, if one does."""
    for place, event in enumerate(chain):
        if event[0] in MOVES:
            return place
    return None


def _failed(length: int, place: int, code: int) -> bytes:
    """The results of a refused chain: its refusal where it arose, LINKED_EVENT_FAILED elsewhere."""
    results = bytearray([LINKED_EVENT_FAILED] * length)
    results[place] = code
    return bytes(results)


def _stopped(debit: AccountEntry, credit: AccountEntry) -> int:
    if debit.stops & CLOSED:
        return Refusal.DEBIT_ACCOUNT_CLOSED
    if credit.stops & CLOSED:
        return Refusal.CREDIT_ACCOUNT_CLOSED
    if debit.stops & Side.DEBIT:
        return Refusal.DEBIT_ACCOUNT_FROZEN
    if credit.stops & Side.CREDIT:
        return Refusal.CREDIT_ACCOUNT_FROZEN
    return OK
