"""A statement as CSV (RFC 4180, UTF-8 with its mark, so that spreadsheets read Chinese): balances, then each entry."""

from __future__ import annotations

import csv
import io

from feiqian.statements.model import Statement
from feiqian.strings.cells import cell

HEADER = (
    *("row", "id", "date", "time", "kind", "text", "who", "note", "reference"),
    *("currency", "amount", "balance", "account", "zone"),
)


def write(statement: Statement) -> bytes:
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow(HEADER)
    first, last, account = statement.first.isoformat(), statement.last.isoformat(), statement.account
    everywhere = cell(account.number), statement.bank.zone

    def line(what: str, *cells: str, amount: str = "", balance: int) -> None:
        lines.writerow((what, *cells, account.currency, amount, statement.major(balance), *everywhere))

    line("opening", "", first, *[""] * 6, balance=statement.opening)
    for row in statement.rows:
        at = statement.local(row.at)
        texts = map(cell, (row.kind, row.text, row.who, row.note, row.reference))
        day, time = at.date().isoformat(), at.time().isoformat("seconds")
        line("entry", row.id, day, time, *texts, amount=statement.major(row.amount), balance=row.balance)
    line("closing", "", last, *[""] * 6, balance=statement.closing)
    return b"\xef\xbb\xbf" + out.getvalue().encode()
