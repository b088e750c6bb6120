"""The engine's protocol: what goes in, what comes out, and every refusal, in order of precedence.

Two engines keep it: `spec.py`, the specification in plain Python, and `native.py`, over the Rust library. An engine has
no clock, does no I/O and knows nothing of payments. The names here are the names in `engine/core` and in the docs.

**Events** are fixed records of 80 bytes, so that a batch is one buffer and a journal row is a slice of it. Integers are
little-endian; ids are 16 opaque bytes, ordered as bytes; all-zero is no id.

    offset  0      1      2     4     8        16   32      48       64
            type   flags  kind  aux   amount   id   debit   credit   reference
            u8     u8     u16   u32   u64      16s  16s     16s      16s

| type          | id           | debit   | credit  | amount     | kind      | aux                   |
|---------------|--------------|---------|---------|------------|-----------|-----------------------|
| ACCOUNT       | the account  |         |         | overdraft  | of chart  | currency (ISO 4217)   |
| TRANSFER      | the transfer | account | account | to move    | free      |                       |
| HOLD          | the hold     | account | account | to reserve | free      | timeout_seconds, 0=no |
| CAPTURE       | the capture  | hold    |         | to move    | free      |                       |
| RELEASE       | the release  | hold    |         |            | free      |                       |
| SWEEP         | the transfer | account | account | at most    | free      |                       |
| FREEZE        | the account  |         |         |            | `Side`    |                       |
| UNFREEZE      | the account  |         |         |            | `Side`    |                       |
| CLOSE         | the account  |         |         |            |           |                       |
| ALLOWANCE     | allowance    |         |         | cap        | `Period`  |                       |
| USE           | allowance    |         |         | to use     |           |                       |
| RESTORE       | allowance    |         |         | to restore |           | period of the use     |
| CLAIM         | the claim    |         |         | until (s)  |           |                       |

and four that only an engine writes, into its records: TIME (amount = seconds, aux = day), EXPIRE_HOLD (id = hold),
EXPIRE_CLAIMS (amount = seconds: claims until then are forgotten), REFUSED (id = a chain's name, kind = its refusal).

**Chains.** Events whose LINKED flag is set form one chain with the event after them; a chain applies whole or not at
all. The first event in it that moves or reserves money (TRANSFER, HOLD, CAPTURE, RELEASE, SWEEP) names the chain: if
that id is remembered, the chain is a retry and gets the answer that it had, before anything else is looked at. A
refused chain leaves one trace, its name with the refusal, so that a retry can never be accepted later. A chain with no
name, or refused because it is malformed (not in `REMEMBERED`), leaves none.

**EXISTS.** A retry is compared by the event that names its chain, and by nothing else: its type, debit, credit, kind,
the fold of its reference (32 bits) and its amount. Of a CAPTURE or RELEASE the hold is compared and no credit; of a
RELEASE no amount; of a SWEEP only that it asks for no less than was taken. *Not* compared are `aux` (a HOLD's timeout),
whether a hold has ended, and every other event of the chain, before or after: the retry may have others, more, fewer or
malformed ones, and all of it is answered EXISTS. An id that came later in an earlier chain is compared in the same way.
So whoever builds chains derives the name, or the reference, from all that must be the same. An id whose chain was
refused is answered with that refusal, and nothing is compared. For what is no transfer, EXISTS says that it is so
already: an ACCOUNT of this kind, currency and overdraft, an ALLOWANCE of this period and cap (another cap is taken
over), a FREEZE, UNFREEZE or CLOSE that would change nothing. USE, RESTORE and CLAIM have no EXISTS.

**Time.** `seconds` is Unix time, `day` the bank's civil date as the number yyyymmdd (month = day // 100,
year = day // 10000). In `apply` time never goes back: an older moment counts as the newest that the engine has seen.
A TIME record that is replayed sets it, back too: so an operator puts right a journal that a wrong clock led ahead.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from enum import IntEnum, IntFlag, unique
from typing import NamedTuple, Protocol

EVENT = struct.Struct("<BBHIQ16s16s16s16s")
EVENT_SIZE = EVENT.size  # 80
NO_ID = bytes(16)
UNLIMITED = 2**64 - 1  # as an overdraft: the account may be debited without bound
LINKED = 1  # the only flag


class Type(IntEnum):
    """What an event asks for; the last four are written by engines only."""

    ACCOUNT = 1
    TRANSFER = 2
    HOLD = 3
    CAPTURE = 4
    RELEASE = 5
    SWEEP = 6
    FREEZE = 7
    UNFREEZE = 8
    CLOSE = 9
    ALLOWANCE = 10
    USE = 11
    RESTORE = 12
    CLAIM = 13
    TIME = 14
    EXPIRE_HOLD = 15
    EXPIRE_CLAIMS = 16
    REFUSED = 17


class Side(IntFlag):
    """Which side of an account a freeze stops."""

    DEBIT = 1
    CREDIT = 2


class Period(IntEnum):
    """After how long an allowance starts afresh, in the bank's calendar."""

    DAY = 1
    MONTH = 2
    YEAR = 3
    EVER = 4


@unique
class Refusal(IntEnum):
    """Why an event was not applied, in order of precedence: the first that fits is the answer.

    The order of declaration is the precedence and says nothing else. The number (0 to 255) is what answers, records and
    dumps hold: it is given once and never changed or used again. A new refusal is declared where it takes precedence
    and gets the next free number, so numbers are not compared with < or >.

    OK and EXISTS are not refusals: EXISTS says that the id was accepted before, for what it is compared by (see above).
    """

    OK = 0
    EXISTS = 1
    # Malformed: the caller's mistake, whatever the state.
    CHAIN_OPEN = 2
    LINKED_EVENT_FAILED = 3
    TYPE_INVALID = 4
    FLAGS_INVALID = 5
    ID_MUST_NOT_BE_ZERO = 6
    SIDES_INVALID = 7
    PERIOD_INVALID = 8
    CURRENCY_INVALID = 9
    # The id was used before, for something else.
    EXISTS_WITH_DIFFERENT_TYPE = 10
    EXISTS_WITH_DIFFERENT_DEBIT = 11
    EXISTS_WITH_DIFFERENT_CREDIT = 12
    EXISTS_WITH_DIFFERENT_AMOUNT = 13
    EXISTS_WITH_DIFFERENT_KIND = 14
    EXISTS_WITH_DIFFERENT_REFERENCE = 15
    EXISTS_WITH_DIFFERENT_CURRENCY = 16
    EXISTS_WITH_DIFFERENT_OVERDRAFT = 17
    EXISTS_WITH_DIFFERENT_PERIOD = 18
    ID_ALREADY_USED = 19
    # Claims and allowances.
    CLAIM_ALREADY_PAST = 20
    CLAIMED = 21
    ALLOWANCE_NOT_FOUND = 22
    ALLOWANCE_EXCEEDED = 23
    # Money.
    HOLD_NOT_FOUND = 24
    HOLD_CAPTURED = 25
    HOLD_RELEASED = 26
    HOLD_EXPIRED = 27
    AMOUNT_MUST_NOT_BE_ZERO = 28
    AMOUNT_ABOVE_HOLD = 29
    ACCOUNTS_MUST_BE_DIFFERENT = 30
    ACCOUNT_NOT_FOUND = 31
    DEBIT_ACCOUNT_NOT_FOUND = 32
    CREDIT_ACCOUNT_NOT_FOUND = 33
    CURRENCIES_DIFFER = 34
    ACCOUNT_CLOSED = 35
    DEBIT_ACCOUNT_CLOSED = 36
    CREDIT_ACCOUNT_CLOSED = 37
    DEBIT_ACCOUNT_FROZEN = 38
    CREDIT_ACCOUNT_FROZEN = 39
    ACCOUNT_NOT_EMPTY = 40
    OVERFLOW = 41
    NOTHING_AVAILABLE = 42
    INSUFFICIENT_FUNDS = 43

    @property
    def remembered(self) -> bool:
        """Whether a chain refused so keeps its name, so that each retry gets the same answer."""
        return self in REMEMBERED


ACCEPTED = frozenset({Refusal.OK, Refusal.EXISTS})  # no refusals
# All but those of a malformed chain, and of a name that belongs to something else.
REMEMBERED = (
    frozenset(Refusal)
    - ACCEPTED
    - {
        Refusal.CHAIN_OPEN,
        Refusal.LINKED_EVENT_FAILED,
        Refusal.TYPE_INVALID,
        Refusal.FLAGS_INVALID,
        Refusal.ID_MUST_NOT_BE_ZERO,
        Refusal.SIDES_INVALID,
        Refusal.PERIOD_INVALID,
        Refusal.CURRENCY_INVALID,
        Refusal.EXISTS_WITH_DIFFERENT_TYPE,
        Refusal.EXISTS_WITH_DIFFERENT_DEBIT,
        Refusal.EXISTS_WITH_DIFFERENT_CREDIT,
        Refusal.EXISTS_WITH_DIFFERENT_AMOUNT,
        Refusal.EXISTS_WITH_DIFFERENT_KIND,
        Refusal.EXISTS_WITH_DIFFERENT_REFERENCE,
        Refusal.EXISTS_WITH_DIFFERENT_CURRENCY,
        Refusal.EXISTS_WITH_DIFFERENT_OVERDRAFT,
        Refusal.EXISTS_WITH_DIFFERENT_PERIOD,
        Refusal.ID_ALREADY_USED,
    }
)
MOVES = frozenset(map(int, (Type.TRANSFER, Type.HOLD, Type.CAPTURE, Type.RELEASE, Type.SWEEP)))  # can name a chain


class HoldState(IntEnum):
    """What became of a hold."""

    OPEN = 0
    CAPTURED = 1
    RELEASED = 2
    EXPIRED = 3


class Account(NamedTuple):
    """An account's balances in minor units; `closed_and_frozen` has the bits of `Side`, and 4 when closed."""

    kind: int
    currency: int
    overdraft: int
    debits_posted: int
    credits_posted: int
    debits_pending: int
    credits_pending: int
    closed_and_frozen: int

    @property
    def balance(self) -> int:
        """Posted credits less posted debits, in minor units; negative for what the bank owns."""
        return self.credits_posted - self.debits_posted

    @property
    def available(self) -> int:
        """What could be debited now, in minor units (without the overdraft)."""
        return self.balance - self.debits_pending


CLOSED = 4


class Remembered(NamedTuple):
    """What an engine knows of a transfer's id. `status` is a `Refusal` if type is REFUSED, a `HoldState` if HOLD."""

    type: int
    amount: int
    kind: int
    status: int


class Totals(NamedTuple):
    """Sums over all accounts of one currency, in minor units."""

    debits_posted: int
    credits_posted: int
    debits_pending: int
    credits_pending: int


class Moment(NamedTuple):
    """The newest time that an engine has seen: Unix seconds, and the bank's day as yyyymmdd."""

    seconds: int
    day: int


class InvariantBroken(Exception):
    """The books do not balance. Says which invariant, where, and by how much; service must stop."""


class DumpInvalid(Exception):
    """A dump that cannot be loaded. Says what is wrong and at which byte."""


class Engine(Protocol):
    """Accounts, transfers, allowances and claims in memory; deterministic; one caller at a time."""

    def apply(self, events: bytes, seconds: int, day: int) -> tuple[bytes, bytes]:
        """Moves time on, then decides the batch, chain by chain.

        Returns one `Refusal` byte for each event, and the records (events of 80 bytes) of what was accepted, to be
        made durable before anyone is answered. Raises ValueError, and changes nothing, if `seconds` is negative or
        beyond 64 bits, or `day` negative or beyond 32, or `events` is not a whole number of events.
        """
        ...

    def replay(self, records: bytes) -> None:
        """Applies records that an engine accepted. Raises ValueError if they cannot have come from this state."""
        ...

    def account(self, id: bytes) -> Account | None: ...

    def used(self, id: bytes) -> tuple[int, int] | None:
        """An allowance as (used in the current period, cap), or None if there is none."""
        ...

    def remembered(self, id: bytes) -> Remembered | None: ...

    def claimed(self, id: bytes) -> bool: ...

    @property
    def moment(self) -> Moment: ...

    def totals(self) -> dict[int, Totals]: ...

    def check(self) -> None:
        """Raises InvariantBroken unless debits equal credits per currency, each account's pending sums equal its open
        holds, and no account is beyond its overdraft."""
        ...

    def counts(self) -> tuple[int, int, int, int]:
        """How many accounts, remembered transfers, allowances and claims there are."""
        ...

    def dump(self) -> Iterator[bytes]:
        """The whole state, in canonical form, in chunks of about a megabyte (`dump` format below)."""
        ...

    def load(self, chunks: Iterable[bytes]) -> None:
        """Takes a dump into an empty engine. Raises DumpInvalid; the engine is empty then."""
        ...

    def digest(self) -> bytes:
        """BLAKE2b (32 bytes) of the canonical dump."""
        ...


# A dump is DUMP_HEADER, then the entries: accounts and transfers in order of creation, open holds in order of their
# transfers, allowances in order of creation, claims ordered by (until, id). A transfer names its accounts by their
# place in the dump (a CAPTURE or RELEASE names its hold, by the transfer's place), and its reference by a 32-bit fold.
DUMP_MAGIC = b"FQDUMP01"
DUMP_HEADER = struct.Struct("<8sQIIIIII")  # magic, seconds, day, accounts, transfers, holds, allowances, claims
DUMP_ACCOUNT = struct.Struct("<16sQQQQQHHB3x")  # id, debits/credits posted, debits/credits pending, overdraft, kind,
#                                               currency, closed_and_frozen
DUMP_TRANSFER = struct.Struct("<16sQIIIHBB")  # id, amount, debit, credit, reference fold, kind, type, status
DUMP_HOLD = struct.Struct("<IQ")  # place of the transfer, expires (seconds, 0 = never)
DUMP_ALLOWANCE = struct.Struct("<16sQQIB3x")  # id, cap, used, period number, period
DUMP_CLAIM = struct.Struct("<Q16s")  # until, id
CHUNK_BYTES = 1 << 20


def fold(reference: bytes) -> int:
    """The 32 bits by which a remembered transfer keeps its reference: its four words, xor-ed.

    A retry with another reference is told apart with probability 1 - 2**-32; the id itself is kept whole.
    """
    whole = int.from_bytes(reference, "little")
    half = whole ^ whole >> 64
    return (half ^ half >> 32) & 0xFFFF_FFFF


def period_number(period: int, day: int) -> int:
    """The number of the period that `day` (yyyymmdd) lies in."""
    return (day, day // 100, day // 10000, 0)[period - 1]


def check_moment(seconds: int, day: int) -> None:
    """Raises ValueError for a moment that no record can hold, and TypeError for one that is not whole."""
    if (seconds | day << 32) >> 64:  # a negative one leaves all bits set
        raise ValueError(f"the moment ({seconds}, {day}) is out of range")


def chain(*events: bytes) -> bytes:
    """One chain of these events (each 80 bytes, unlinked)."""
    return b"".join(e[:1] + b"\x01" + e[2:] for e in events[:-1]) + events[-1]


def refusal_of(results: bytes) -> Refusal:
    """The answer to one chain: its refusal, else EXISTS if that is the answer to each of its events, else OK."""
    for code in results:
        if code not in ACCEPTED and code != Refusal.LINKED_EVENT_FAILED:
            return Refusal(code)
    return Refusal.OK if Refusal.OK in results else Refusal.EXISTS
