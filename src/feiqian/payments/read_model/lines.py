"""What moved on all accounts of a customer, newest first, and beside it the payments that moved nothing (yet).

A line's place is where it stands in the journal, so that whatever arrives meanwhile moves nothing. No index has all
accounts of a customer in one order, since each payment would pay for it when it is projected: each account is entered
by halving (its lines lie in the journal's order), and what they have is merged. Only reads.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, Select, case, func, or_, select, tuple_

from feiqian.accounts.kinds import OF_CUSTOMERS
from feiqian.clock import MINUTE
from feiqian.events import PaymentStatus, RefundDecided
from feiqian.ids import CustomerNumber
from feiqian.money import CurrencyNumber, MinorUnits
from feiqian.projections.database import Database, Values, numbered, several

from . import tables
from .cursors import statement_cursor, statement_sequence
from .queries import PAYMENT_COLUMNS, UNPAID
from .rows import Entry, PaymentRow, payment_row, refund_fact

LARGEST_PAGE = 1000
MOST_SUMMED = 20_000  # lines of one account in one span
NEVER = 2**62  # later than any moment, position or number
DISORDER = 10 * MINUTE  # lines of an account differ from the order of their moments by less

_P, _E, _A = tables.payments.c, tables.entries.c, tables.accounts.c
_ACCOUNT, _BEFORE, _FROM, _LIMIT = (BindParameter[int](name) for name in ("account", "before", "from", "limit"))


class OwnAccount(NamedTuple):
    """A customer's account: its number in the read model, its id in the ledger."""

    no: int
    id: bytes
    currency: CurrencyNumber


class Place(NamedTuple):
    """Where a line stands: newer ones have a larger place. `stream` is whose `number` it is: an account's, or, from 0
    downwards, that of another list that is merged with the accounts'."""

    position: int
    stream: int
    number: int

    def edge(self, stream: int) -> tuple[int, int]:
        """Before which position and number those of a stream stand that are older than this place."""
        if stream == self.stream:
            return self.position, self.number
        return (self.position, NEVER) if stream < self.stream else (self.position, 0)


LATEST = Place(NEVER, NEVER, NEVER)


class Line(NamedTuple):
    """One side of what moved. `payment` is the payment that it belongs to, as it is now."""

    account: OwnAccount
    entry: Entry
    payment: PaymentRow | None

    @property
    def place(self) -> Place:
        return Place(self.entry.position, self.account.no, self.entry.sequence)


class NotPaid(NamedTuple):
    """A payment that waits, or came to nothing, with its number in the read model."""

    number: int
    payment: PaymentRow


class Span(NamedTuple):
    """From one moment until before another, in Unix microseconds."""

    start: int = 0
    end: int = NEVER


ALWAYS = Span()


class Sum(NamedTuple):
    """What came to the accounts in one currency and what left them, in minor units; of how many lines."""

    currency: CurrencyNumber
    came: MinorUnits
    left: MinorUnits
    lines: int


_ACCOUNTS = (
    select(_A.no, _A.id, _A.currency)
    .where(_A.owner == BindParameter("customer"), or_(*(_A.kind == int(kind) for kind in OF_CUSTOMERS)))
    .order_by(_A.no)
)
_BY_ID = select(_A.no, _A.id, _A.currency).where(_A.id == BindParameter("id"))
_LAST = select(func.max(_E.sequence)).where(_E.account == _ACCOUNT)
_AT_LINE = select(_E.position, _E.at).where(_E.account == _ACCOUNT, _E.sequence == BindParameter("sequence"))
_COLUMNS = (_E.sequence, _E.amount, _E.balance, _E.kind, _E.transfer, _P.id, _E.at, _E.position, *PAYMENT_COLUMNS)
_LINES = (
    select(*_COLUMNS)
    .select_from(tables.entries.outerjoin(tables.payments, _P.no == _E.payment))
    .where(_E.account == _ACCOUNT, _E.sequence >= _FROM, _E.sequence < _BEFORE)
    .limit(_LIMIT)
)
_OLDER, _ONWARDS = _LINES.order_by(_E.sequence.desc()), _LINES.order_by(_E.sequence)
_NOT_PAID = (
    select(_P.no, *PAYMENT_COLUMNS)
    .where(
        _P.customer == BindParameter("customer"),
        UNPAID,
        _P.status != PaymentStatus.CAPTURED.value,  # what was captured of it is a payment of its own
        tuple_(_P.position, _P.no) < tuple_(BindParameter("position"), BindParameter("number")),
    )
    .order_by(_P.no.desc())
    .limit(_LIMIT)
)
_FIRST_AT = select(func.min(_E.sequence)).where(
    _E.account == _ACCOUNT, _E.sequence >= _FROM, _E.sequence < _BEFORE, _E.at >= BindParameter("start")
)


def accounts_of(db: Database, customer: CustomerNumber) -> list[OwnAccount]:
    """All accounts of a customer that the ledger has."""
    return [OwnAccount(no, bytes(id), currency) for no, id, currency in db.all(_ACCOUNTS, customer=customer)]


def lines_of_customer(
    db: Database, accounts: Sequence[OwnAccount], before: Place, limit: int, span: Span = ALWAYS
) -> list[Line]:
    """Up to `limit` lines of these accounts of one customer that stand before a place, newest first.

    Those of a span are all among them, beside few that are not: look at their moments.
    """
    found: list[Line] = []
    for account in accounts:
        lowest, highest = _of_span(db, account.no, span)
        before_it = min(_until(db, account.no, before.edge(account.no)), highest)
        rows = db.all(_OLDER, account=account.no, limit=_checked(limit), before=before_it, **{"from": lowest})
        found += [_line(account, row) for row in rows]
    return sorted(found, key=lambda line: line.place, reverse=True)[:limit]


def statement(
    db: Database, account: bytes, cursor: str | None = None, limit: int = 50
) -> tuple[list[Line], str | None]:
    """A page of the lines of an account of the ledger, newest first, and the cursor of the next page.

    A cursor of another account gives an empty page. Raises CursorInvalid.
    """
    before = statement_sequence(account, cursor) if cursor is not None else NEVER
    found = db.one(_BY_ID, id=account)
    if found is None:
        return [], None
    own = OwnAccount(found[0], bytes(found[1]), found[2])
    rows = db.all(_OLDER, account=own.no, limit=_checked(limit), before=before, **{"from": 1})
    lines = [_line(own, row) for row in rows]
    more = len(lines) == limit and lines[-1].entry.sequence > 1
    return lines, statement_cursor(account, lines[-1].entry.sequence) if more else None


def lines_of_account(db: Database, account: OwnAccount, first: int, before: int, limit: int) -> list[Line]:
    """Up to `limit` lines of an account in the order in which they came, from one sequence number until before
    another."""
    rows = db.all(_ONWARDS, account=account.no, limit=_checked(limit), before=before, **{"from": first})
    return [_line(account, row) for row in rows]


def first_line_at(db: Database, account: OwnAccount, moment: int) -> int:
    """The sequence number of the account's first line of this moment or later; after the last where there is none.

    Lines that are added later change nothing about it: a period of a statement begins there for ever.
    """
    last = _last(db, account.no)
    low = max(_first(db, account.no, 1, moment - DISORDER) - 1, 1)
    row = db.one(_FIRST_AT, account=account.no, start=moment, before=last + 1, **{"from": low})
    return last + 1 if row is None or row[0] is None else int(row[0])


def not_paid_of_customer(db: Database, customer: CustomerNumber, before: tuple[int, int], limit: int) -> list[NotPaid]:
    """Up to `limit` of a customer's payments that wait or came to nothing, newest first: of which the journal's
    position and the number are below `before`."""
    position, number = before
    rows = db.all(_NOT_PAID, customer=customer, position=position, number=number, limit=_checked(limit))
    return [NotPaid(row[0], payment_row(row[1:])) for row in rows]


def refunds_by_transfers(db: Database, transfers: Sequence[bytes]) -> dict[bytes, RefundDecided]:
    """Those of these ids in the ledger that are refunds."""
    rows = db.all(_refunds(len(transfers)), **numbered("transfer", transfers)) if transfers else []
    return {fact.transfer: fact for fact in (refund_fact(blob) for (blob,) in rows)}


@lru_cache
def _refunds(count: int) -> Select[Any]:
    return select(tables.refunds.c.fact).where(tables.refunds.c.transfer.in_(several("transfer", count)))


def sums(db: Database, accounts: Sequence[OwnAccount], span: Span, without: Collection[int]) -> list[Sum] | None:
    """What moved on these accounts in a span, by currency, without transfers of some kinds. None: too many lines."""
    totals: dict[CurrencyNumber, list[int]] = {}
    for account in accounts:
        lowest, highest = _of_span(db, account.no, span)
        if highest - lowest > MOST_SUMMED:
            return None
        kinds = sorted(without)
        asked = {"account": account.no, "from": lowest, "before": highest, "start": span.start, "end": span.end}
        row = db.one(_summed(len(kinds)), **asked, **numbered("kind", kinds))
        assert row is not None
        total = totals.setdefault(account.currency, [0, 0, 0])
        for n, value in enumerate(row):
            total[n] += int(value or 0)
    return [Sum(of, MinorUnits(came), MinorUnits(left), lines) for of, (came, left, lines) in totals.items() if lines]


@lru_cache
def _summed(kinds: int) -> Select[Any]:
    came, left = (case((side, func.abs(_E.amount)), else_=0) for side in (_E.amount > 0, _E.amount < 0))
    in_it: list[ColumnElement[bool]] = [_E.account == _ACCOUNT, _E.sequence >= _FROM, _E.sequence < _BEFORE]
    in_it += [_E.at >= BindParameter("start"), _E.at < BindParameter("end")]
    if kinds:
        in_it.append(_E.kind.not_in(several("kind", kinds)))
    columns: list[ColumnElement[Any]] = [func.sum(came), func.sum(left), func.count()]
    return select(*columns).where(*in_it)


def _line(account: OwnAccount, values: Values) -> Line:
    payment = None if values[8] is None else payment_row(values[8:])
    sequence, amount, balance, kind, transfer, id, at, position = values[:8]
    entry = Entry(sequence, amount, balance, kind, transfer, id, at, position, payment.fact if payment else None)
    return Line(account, entry, payment)


def _of_span(db: Database, account: int, span: Span) -> tuple[int, int]:
    """A range of sequence numbers (the second is not in it) in which all lines of the span are."""
    lowest = 1 if span.start <= 0 else max(_first(db, account, 1, span.start - DISORDER) - 1, 1)
    highest = NEVER if span.end >= NEVER else _first(db, account, 1, span.end + DISORDER)
    return lowest, _last(db, account) + 1 if highest == NEVER else highest


def _until(db: Database, account: int, edge: tuple[int, int]) -> int:
    """The first line that does not stand before an edge."""
    position, number = edge
    lowest = _first(db, account, 0, position)
    return max(lowest, min(number, _first(db, account, 0, position + 1))) if number else lowest


def _first(db: Database, account: int, column: int, least: int) -> int:
    """The first line whose position (column 0) or moment (1) is at least this, by halving; else after the last."""
    low, high = 1, _last(db, account) + 1
    if least >= NEVER:
        return high
    while low < high:
        middle = (low + high) // 2
        row = db.one(_AT_LINE, account=account, sequence=middle)
        if row is None or row[column] >= least:
            high = middle
        else:
            low = middle + 1
    return low


def _last(db: Database, account: int) -> int:
    row = db.one(_LAST, account=account)
    return int(row[0] or 0) if row else 0


def _checked(limit: int) -> int:
    if not 0 < limit <= LARGEST_PAGE:
        raise ValueError(f"a page has 1 to {LARGEST_PAGE} rows, not {limit}")
    return limit
