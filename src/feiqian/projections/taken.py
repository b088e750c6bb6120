"""Journal rows as read models take them: read, verified and taken apart once, for however many of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice

from feiqian.events import Fact, decode_fact, tag_of, tag_of_kind
from feiqian.ledger.body import Body, decode_body
from feiqian.ledger.journal import Journal, Row

from .read_model import Kinds

MOST_BYTES = 64 * 1024 * 1024  # of rows that are in memory at once; one of a tool may have a megabyte


class Taken:
    """One row. What is asked of its body raises ValueError where that is nothing that any version has written."""

    def __init__(self, row: Row) -> None:
        self.row = row

    @cached_property
    def body(self) -> Body:
        return decode_body(self.row.body)

    @cached_property
    def tags(self) -> frozenset[bytes]:
        """Of its facts (`events.tag_of`)."""
        return frozenset(map(tag_of, self.body.facts))


def facts_of(kinds: Kinds, facts: Iterable[bytes]) -> Iterator[tuple[Fact, bytes]]:
    """Those of these kinds, decoded, and as they came. Raises msgspec.DecodeError for one that cannot be."""
    tags = frozenset(map(tag_of_kind, kinds or ()))
    return ((decode_fact(fact), fact) for fact in facts if tag_of(fact) in tags)


def taken(journal: Journal, after: int, most: int) -> Sequence[Taken]:
    """The next rows, at most so many, and none after those that have MOST_BYTES together. Raises JournalDamaged."""
    rows, size = [], 0
    for row in islice(journal.rows(after), most):
        rows.append(Taken(row))
        size += len(row.body)
        if size >= MOST_BYTES:
            break
    return rows
