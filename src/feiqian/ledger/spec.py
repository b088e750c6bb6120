"""The engine's specification, in plain Python: read this to know what the ledger does.

`native.py` must agree with it in every result, record, balance and dump; where the two differ, this one is right. It
imports nothing but the protocol. It also serves, slowly, where the native library is not built.
"""

from __future__ import annotations

import hashlib
import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from .engine import (
    CHUNK_BYTES,
    CLOSED,
    DUMP_ACCOUNT,
    DUMP_ALLOWANCE,
    DUMP_CLAIM,
    DUMP_HEADER,
    DUMP_HOLD,
    DUMP_MAGIC,
    DUMP_TRANSFER,
    EVENT,
    EVENT_SIZE,
    FIRST_REMEMBERED,
    LINKED,
    MOVES,
    NO_ID,
    UNLIMITED,
    Account,
    DumpInvalid,
    HoldState,
    InvariantBroken,
    Moment,
    Period,
    Refusal,
    Remembered,
    Side,
    Totals,
    Type,
    fold,
    period_number,
)

Event = tuple[int, int, int, int, int, bytes, bytes, bytes, bytes]  # as EVENT unpacks it
Undo = Callable[[], object]

OK, EXISTS = int(Refusal.OK), int(Refusal.EXISTS)
LINKED_EVENT_FAILED = int(Refusal.LINKED_EVENT_FAILED)


class _Account:
    __slots__ = (
        "id",
        "place",
        "kind",
        "currency",
        "overdraft",
        "debits_posted",
        "credits_posted",
        "debits_pending",
        "credits_pending",
        "stops",
    )

    def __init__(self, id: bytes, place: int, kind: int, currency: int, overdraft: int) -> None:
        self.id, self.place, self.kind, self.currency, self.overdraft = id, place, kind, currency, overdraft
        self.debits_posted = self.credits_posted = self.debits_pending = self.credits_pending = self.stops = 0

    def available(self) -> int:
        """What may still be debited: posted credits and the overdraft, less all debits, posted and pending."""
        if self.overdraft == UNLIMITED:
            return UNLIMITED
        return max(0, self.credits_posted + self.overdraft - self.debits_posted - self.debits_pending)


class _Transfer:
    """A remembered id. `debit` and `credit` are places of accounts; of a CAPTURE or RELEASE, `debit` is its hold's."""

    __slots__ = ("id", "place", "type", "status", "amount", "debit", "credit", "kind", "fold")

    def __init__(
        self, id: bytes, place: int, type: int, status: int, amount: int, debit: int, credit: int, kind: int, fold: int
    ) -> None:
        self.id, self.place, self.type, self.status, self.amount = id, place, type, status, amount
        self.debit, self.credit, self.kind, self.fold = debit, credit, kind, fold


class _Allowance:
    __slots__ = ("id", "cap", "used", "number", "period")

    def __init__(self, id: bytes, cap: int, used: int, number: int, period: int) -> None:
        self.id, self.cap, self.used, self.number, self.period = id, cap, used, number, period


class SpecEngine:
    """See `engine.Engine`."""

    def __init__(self) -> None:
        self._seconds = self._day = 0
        self._accounts: dict[bytes, _Account] = {}
        self._account_at: list[_Account] = []
        self._transfers: dict[bytes, _Transfer] = {}
        self._transfer_at: list[_Transfer] = []
        self._holds: dict[int, int] = {}  # open holds: place of the transfer -> expires (seconds, 0 = never)
        self._due: list[tuple[int, int]] = []  # heap of (expires, place); stale entries are skipped
        self._allowances: dict[bytes, _Allowance] = {}
        self._claims: dict[bytes, int] = {}  # id -> until (seconds)
        self._claims_due: list[tuple[int, bytes]] = []  # heap
        self._undo: list[Undo] = []  # how to take back what the chain under way has changed
        self._handlers: dict[int, Callable[[Event], int]] = {
            Type.ACCOUNT: self._open_account,
            Type.TRANSFER: self._transfer,
            Type.HOLD: self._transfer,
            Type.CAPTURE: self._capture,
            Type.RELEASE: self._release,
            Type.SWEEP: self._transfer,
            Type.FREEZE: self._freeze,
            Type.UNFREEZE: self._unfreeze,
            Type.CLOSE: self._close,
            Type.ALLOWANCE: self._open_allowance,
            Type.USE: self._use,
            Type.RESTORE: self._restore,
            Type.CLAIM: self._claim,
        }

    # --- apply -------------------------------------------------------------------------------------------------

    def apply(self, events: bytes, seconds: int, day: int) -> tuple[bytes, bytes]:
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
        naming = next((i for i, event in enumerate(chain) if event[0] in MOVES), None)
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
            if code > EXISTS:
                for undo in reversed(self._undo):
                    undo()
                if naming is not None and code >= FIRST_REMEMBERED:
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
        if event[1] & ~LINKED:
            return Refusal.FLAGS_INVALID
        if event[5] == NO_ID:
            return Refusal.ID_MUST_NOT_BE_ZERO
        code = handler(event)
        if code == OK:
            if event[0] == Type.SWEEP:  # the record says how much was there, so that a replay need not ask
                event = (*event[:4], self._transfers[event[5]].amount, *event[5:])
            accepted.append(EVENT.pack(*event))
        return code

    def _remember_refusal(self, event: Event, code: int, records: list[bytes]) -> None:
        if event[5] != NO_ID:  # a later event of the chain failed first
            self._remember(event[5], Type.REFUSED, code, 0, 0, 0, 0, NO_ID)
            records.append(EVENT.pack(Type.REFUSED, 0, code, 0, 0, event[5], NO_ID, NO_ID, NO_ID))

    def _compare(self, event: Event, known: _Transfer) -> int:
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
        account = self._accounts[id] = _Account(id, len(self._account_at), kind, currency, overdraft)
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

    def _stop(self, account: _Account, stops: int) -> int:
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
        # A hold of nothing is allowed: it reserves a decision (to confirm, cancel or let expire), not money.
        if amount == 0 and type_ != Type.HOLD:
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
        if code := _stopped(debit, credit):
            return code
        if type_ == Type.SWEEP:
            amount = min(amount, debit.available())
            if amount == 0:
                return Refusal.NOTHING_AVAILABLE
        # Pending counts here, so that a capture can neither overflow nor overdraw later.
        if debit.debits_posted + debit.debits_pending + amount > UNLIMITED:
            return Refusal.OVERFLOW
        if credit.credits_posted + credit.credits_pending + amount > UNLIMITED:
            return Refusal.OVERFLOW
        if amount > debit.available():
            return Refusal.INSUFFICIENT_FUNDS
        # From here on it must succeed.
        transfer = self._remember(id, type_, HoldState.OPEN, amount, debit.place, credit.place, kind, reference)
        if type_ == Type.HOLD:
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

    def _open_hold_of(self, id: bytes, hold_id: bytes) -> tuple[int, _Transfer | None]:
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
    ) -> _Transfer:
        place = len(self._transfer_at)
        transfer = _Transfer(id, place, type_, status, amount, debit, credit, kind, fold(reference))
        self._transfers[id] = transfer
        self._transfer_at.append(transfer)
        self._undo.append(lambda: (self._transfers.pop(id), self._transfer_at.pop()))
        return transfer

    def _move(self, debit: _Account, credit: _Account, amount: int) -> None:
        debit.debits_posted += amount
        credit.credits_posted += amount

        def undo() -> None:
            debit.debits_posted -= amount
            credit.credits_posted -= amount

        self._undo.append(undo)

    def _move_pending(self, debit: _Account, credit: _Account, amount: int) -> None:
        debit.debits_pending += amount
        credit.credits_pending += amount

        def undo() -> None:
            debit.debits_pending -= amount
            credit.credits_pending -= amount

        self._undo.append(undo)

    def _open_hold(self, hold: _Transfer, timeout_seconds: int) -> None:
        expires = self._seconds + timeout_seconds if timeout_seconds else 0
        self._holds[hold.place] = expires
        self._undo.append(lambda: self._holds.pop(hold.place))
        if expires:
            heapq.heappush(self._due, (expires, hold.place))

    def _end_hold(self, hold: _Transfer, state: HoldState) -> None:
        """The hold is over, and all of it leaves the pending sums; a capture moves its part afterwards."""
        expires = self._holds.pop(hold.place)
        hold.status = state
        self._undo.append(lambda: (setattr(hold, "status", HoldState.OPEN), self._reopen(hold.place, expires)))
        self._move_pending(self._account_at[hold.debit], self._account_at[hold.credit], -hold.amount)

    def _reopen(self, place: int, expires: int) -> None:
        self._holds[place] = expires
        if expires:
            heapq.heappush(self._due, (expires, place))

    # --- allowances and claims ---------------------------------------------------------------------------------

    def _open_allowance(self, event: Event) -> int:
        _, _, period, _, cap, id, *_ = event
        if not Period.DAY <= period <= Period.EVER:
            return Refusal.PERIOD_INVALID
        known = self._allowances.get(id)
        if known is None:
            self._allowances[id] = _Allowance(id, cap, 0, period_number(period, self._day), period)
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

    def _set_used(self, allowance: _Allowance, used: int, number: int) -> None:
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
            if id in self._transfers:
                return Refusal.ID_ALREADY_USED
            self._remember(id, Type.REFUSED, kind, 0, 0, 0, 0, NO_ID)
        else:
            return self._apply_event(event, [])
        return OK

    # --- asking ------------------------------------------------------------------------------------------------

    def account(self, id: bytes) -> Account | None:
        a = self._accounts.get(id)
        if a is None:
            return None
        sums = a.debits_posted, a.credits_posted, a.debits_pending, a.credits_pending
        return Account(a.kind, a.currency, a.overdraft, *sums, a.stops)

    def used(self, id: bytes) -> tuple[int, int] | None:
        a = self._allowances.get(id)
        if a is None:
            return None
        return (a.used if a.number == period_number(a.period, self._day) else 0), a.cap

    def remembered(self, id: bytes) -> Remembered | None:
        t = self._transfers.get(id)
        return None if t is None else Remembered(t.type, t.amount, t.kind, t.status)

    def claimed(self, id: bytes) -> bool:
        return id in self._claims

    @property
    def moment(self) -> Moment:
        return Moment(self._seconds, self._day)

    def totals(self) -> dict[int, Totals]:
        sums: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        for a in self._account_at:
            of_currency = sums[a.currency]
            of_currency[0] += a.debits_posted
            of_currency[1] += a.credits_posted
            of_currency[2] += a.debits_pending
            of_currency[3] += a.credits_pending
        return {currency: Totals(*four) for currency, four in sorted(sums.items())}

    def counts(self) -> tuple[int, int, int, int]:
        return len(self._account_at), len(self._transfer_at), len(self._allowances), len(self._claims)

    def check(self) -> None:
        for currency, t in self.totals().items():
            if t.debits_posted != t.credits_posted or t.debits_pending != t.credits_pending:
                raise InvariantBroken(f"currency {currency}: debits and credits differ: {t}")
        pending = [0] * len(self._account_at)
        for place in self._holds:
            hold = self._transfer_at[place]
            pending[hold.debit] += hold.amount
        for a in self._account_at:
            if a.debits_pending != pending[a.place]:
                raise InvariantBroken(f"account {a.id.hex()}: pending {a.debits_pending}, open holds {pending[a.place]}")
            if a.overdraft != UNLIMITED and a.debits_posted + a.debits_pending > a.credits_posted + a.overdraft:
                raise InvariantBroken(f"account {a.id.hex()} is beyond its overdraft of {a.overdraft}")

    # --- dump, load, digest ------------------------------------------------------------------------------------

    def dump(self) -> Iterator[bytes]:
        buffer = bytearray()
        for entry in self._entries():
            buffer += entry
            if len(buffer) >= CHUNK_BYTES:
                yield bytes(buffer)
                buffer.clear()
        yield bytes(buffer)

    def _entries(self) -> Iterator[bytes]:
        sizes = len(self._account_at), len(self._transfer_at), len(self._holds)
        sizes_too = len(self._allowances), len(self._claims)
        yield DUMP_HEADER.pack(DUMP_MAGIC, self._seconds, self._day, *sizes, *sizes_too)
        for a in self._account_at:
            sums = a.debits_posted, a.credits_posted, a.debits_pending, a.credits_pending
            yield DUMP_ACCOUNT.pack(a.id, *sums, a.overdraft, a.kind, a.currency, a.stops)
        for t in self._transfer_at:
            yield DUMP_TRANSFER.pack(t.id, t.amount, t.debit, t.credit, t.fold, t.kind, t.type, t.status)
        for place in sorted(self._holds):
            yield DUMP_HOLD.pack(place, self._holds[place])
        for w in self._allowances.values():
            yield DUMP_ALLOWANCE.pack(w.id, w.cap, w.used, w.number, w.period)
        for until, id in sorted((until, id) for id, until in self._claims.items()):
            yield DUMP_CLAIM.pack(until, id)

    def load(self, chunks: Iterable[bytes]) -> None:
        if self._account_at or self._transfer_at or self._seconds:
            raise DumpInvalid("a dump is loaded into an empty engine only")
        data = b"".join(chunks)
        if len(data) < DUMP_HEADER.size or data[:8] != DUMP_MAGIC:
            raise DumpInvalid("not a dump: it does not begin with FQDUMP01")
        _, self._seconds, self._day, *sizes = DUMP_HEADER.unpack_from(data)
        shapes = DUMP_ACCOUNT, DUMP_TRANSFER, DUMP_HOLD, DUMP_ALLOWANCE, DUMP_CLAIM
        expected = DUMP_HEADER.size + sum(n * shape.size for n, shape in zip(sizes, shapes, strict=True))
        if len(data) != expected:
            raise DumpInvalid(f"the dump has {len(data)} bytes, its header says {expected}")
        at = DUMP_HEADER.size
        loaders = self._load_account, self._load_transfer, self._load_hold, self._load_allowance, self._load_claim
        for n, shape, load in zip(sizes, shapes, loaders, strict=True):
            for entry in shape.iter_unpack(data[at : at + n * shape.size]):
                load(*entry)
            at += n * shape.size

    def _load_account(self, id: bytes, dp: int, cp: int, dq: int, cq: int, overdraft: int, *rest: int) -> None:
        kind, currency, stops = rest
        a = self._accounts[id] = _Account(id, len(self._account_at), kind, currency, overdraft)
        a.debits_posted, a.credits_posted, a.debits_pending, a.credits_pending, a.stops = dp, cp, dq, cq, stops
        self._account_at.append(a)

    def _load_transfer(self, id: bytes, amount: int, debit: int, credit: int, *rest: int) -> None:
        fold_, kind, type_, status = rest
        t = _Transfer(id, len(self._transfer_at), type_, status, amount, debit, credit, kind, fold_)
        self._transfers[id] = t
        self._transfer_at.append(t)

    def _load_hold(self, place: int, expires: int) -> None:
        self._reopen(place, expires)

    def _load_allowance(self, id: bytes, cap: int, used: int, number: int, period: int) -> None:
        self._allowances[id] = _Allowance(id, cap, used, number, period)

    def _load_claim(self, until: int, id: bytes) -> None:
        self._claims[id] = until
        heapq.heappush(self._claims_due, (until, id))

    def digest(self) -> bytes:
        hasher = hashlib.blake2b(digest_size=32)
        for chunk in self.dump():
            hasher.update(chunk)
        return hasher.digest()


def _failed(length: int, place: int, code: int) -> bytes:
    """The results of a refused chain: its refusal where it arose, LINKED_EVENT_FAILED elsewhere."""
    results = bytearray([LINKED_EVENT_FAILED] * length)
    results[place] = code
    return bytes(results)


def _stopped(debit: _Account, credit: _Account) -> int:
    if debit.stops & CLOSED:
        return Refusal.DEBIT_ACCOUNT_CLOSED
    if credit.stops & CLOSED:
        return Refusal.CREDIT_ACCOUNT_CLOSED
    if debit.stops & Side.DEBIT:
        return Refusal.DEBIT_ACCOUNT_FROZEN
    if credit.stops & Side.CREDIT:
        return Refusal.CREDIT_ACCOUNT_FROZEN
    return OK
