"""The specification's dump, load and digest, in the format that `engine.py` documents.

Nothing in a dump is trusted: what no engine could have written is refused. Imports nothing but the protocol.
"""

from __future__ import annotations

import hashlib
import heapq
import itertools
import struct
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
    NO_ID,
    REMEMBERED,
    UNLIMITED,
    DumpInvalid,
    HoldState,
    InvariantBroken,
    Period,
    Side,
    Type,
)
from .spec_state import AccountEntry, AllowanceEntry, SpecState, TransferEntry

_ENDS = {Type.CAPTURE: HoldState.CAPTURED, Type.RELEASE: HoldState.RELEASED}
_STOPS = Side.DEBIT | Side.CREDIT | CLOSED


class SpecDump(SpecState):
    """A state that can be written down and read again."""

    def digest(self) -> bytes:
        hasher = hashlib.blake2b(digest_size=32)
        for chunk in self.dump():
            hasher.update(chunk)
        return hasher.digest()

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
        if any(self.counts()) or any(self.moment):
            raise DumpInvalid("a dump is loaded into an empty engine only")
        try:
            self._load(b"".join(chunks))
        except DumpInvalid:
            SpecState.__init__(self)  # empty again, rather than half loaded
            raise

    def _load(self, data: bytes) -> None:
        if len(data) < DUMP_HEADER.size or data[:8] != DUMP_MAGIC:
            raise DumpInvalid("not a dump: it does not begin with FQDUMP01 (at byte 0)")
        _, self._seconds, self._day, *sizes = DUMP_HEADER.unpack_from(data)
        sections: list[tuple[struct.Struct, Callable[..., None]]] = [
            (DUMP_ACCOUNT, self._load_account),
            (DUMP_TRANSFER, self._load_transfer),
            (DUMP_HOLD, self._load_hold),
            (DUMP_ALLOWANCE, self._load_allowance),
            (DUMP_CLAIM, self._load_claim),
        ]
        expected = DUMP_HEADER.size + sum(n * shape.size for n, (shape, _) in zip(sizes, sections, strict=True))
        if len(data) != expected:
            raise DumpInvalid(f"the dump has {len(data)} bytes, its header says {expected} (at byte {len(data)})")
        at = DUMP_HEADER.size
        for n, (shape, load) in zip(sizes, sections, strict=True):
            _load_section(data, at, n, shape, load)
            at += n * shape.size
        self._require_whole(at)

    def _require_whole(self, end: int) -> None:
        open_holds = (t for t in self._transfer_at if t.type == Type.HOLD and t.status == HoldState.OPEN)
        if len(self._holds) != sum(1 for _ in open_holds):
            raise DumpInvalid(f"not every open hold is among the holds (at byte {end})")
        claims = [(until, id) for id, until in self._claims.items()]
        if any(a >= b for a, b in itertools.pairwise(claims)):
            raise DumpInvalid(f"the claims are not in order (at byte {end})")
        try:
            self.check()
        except InvariantBroken as broken:
            raise DumpInvalid(f"{broken} (at byte {end})") from broken

    def _load_account(self, id: bytes, dp: int, cp: int, dq: int, cq: int, overdraft: int, *rest: int) -> None:
        kind, currency, stops = rest
        _require(id != NO_ID, "an account's id is zero")
        _require(0 < currency < 1000, "an account's currency is invalid")
        _require(stops <= _STOPS, "an account's stops are invalid")
        _require(dp + dq <= UNLIMITED and cp + cq <= UNLIMITED, "an account's sums overflow")
        _require(id not in self._accounts, "an account is there twice")
        a = self._accounts[id] = AccountEntry(id, len(self._account_at), kind, currency, overdraft)
        a.debits_posted, a.credits_posted, a.debits_pending, a.credits_pending, a.stops = dp, cp, dq, cq, stops
        self._account_at.append(a)

    def _load_transfer(self, id: bytes, amount: int, debit: int, credit: int, *rest: int) -> None:
        fold, kind, type_, status = rest
        t = TransferEntry(id, len(self._transfer_at), type_, status, amount, debit, credit, kind, fold)
        _require(id != NO_ID, "a transfer's id is zero")
        _require(self._is_sound(t), "a transfer's type, status, accounts or hold cannot be")
        _require(id not in self._transfers, "a transfer is there twice")
        self._transfers[id] = t
        self._transfer_at.append(t)

    def _is_sound(self, t: TransferEntry) -> bool:
        if t.type == Type.REFUSED:
            empty = not (t.debit or t.credit or t.amount or t.kind or t.fold)
            return empty and t.status in REMEMBERED
        if t.type in _ENDS:
            return self._ends_hold(t)
        if max(t.debit, t.credit) >= len(self._account_at) or t.debit == t.credit:
            return False
        return (
            t.status <= max(HoldState)
            if t.type == Type.HOLD
            else t.type in (Type.TRANSFER, Type.SWEEP) and not t.status
        )

    def _ends_hold(self, t: TransferEntry) -> bool:
        if t.debit >= t.place or t.credit or t.status:
            return False
        hold = self._transfer_at[t.debit]
        return hold.type == Type.HOLD and hold.status == _ENDS[Type(t.type)] and t.amount <= hold.amount

    def _load_hold(self, place: int, expires: int) -> None:
        _require(place > max(self._holds, default=-1), "the holds are not in order")
        _require(place < len(self._transfer_at), "a hold has no transfer")
        hold = self._transfer_at[place]
        _require(hold.type == Type.HOLD and hold.status == HoldState.OPEN, "a hold's transfer is not an open hold")
        self._reopen(place, expires)

    def _reopen(self, place: int, expires: int) -> None:
        self._holds[place] = expires
        if expires:
            heapq.heappush(self._due, (expires, place))

    def _load_allowance(self, id: bytes, cap: int, used: int, number: int, period: int) -> None:
        _require(id != NO_ID, "an allowance's id is zero")
        _require(Period.DAY <= period <= Period.EVER, "an allowance's period is invalid")
        _require(id not in self._allowances, "an allowance is there twice")
        self._allowances[id] = AllowanceEntry(id, cap, used, number, period)

    def _load_claim(self, until: int, id: bytes) -> None:
        _require(id != NO_ID, "a claim's id is zero")
        _require(id not in self._claims, "a claim is there twice")
        self._claims[id] = until
        heapq.heappush(self._claims_due, (until, id))


def _load_section(data: bytes, at: int, n: int, shape: struct.Struct, load: Callable[..., None]) -> None:
    for entry in shape.iter_unpack(data[at : at + n * shape.size]):
        try:
            load(*entry)
        except DumpInvalid as invalid:
            raise DumpInvalid(f"{invalid} (at byte {at})") from None
        if data[at : at + shape.size] != shape.pack(*entry):
            raise DumpInvalid(f"padding is not zero (at byte {at})")
        at += shape.size


def _require(good: bool, otherwise: str) -> None:
    if not good:
        raise DumpInvalid(otherwise)
