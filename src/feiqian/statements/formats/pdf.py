"""A statement as PDF, for people: what its template shows. Texts are in the statement's language."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from feiqian.printing.job import Sheet, document
from feiqian.statements.formats.facts import facts_of
from feiqian.statements.model import Row, Statement
from feiqian.strings.visible import shown

TEMPLATE = Path(__file__).parents[1] / "templates" / "statement.typ"
_MINUS = "−"
_SPANISH = str.maketrans(",.", ".,")


def write(statement: Statement) -> bytes:
    sheet = Sheet(TEMPLATE.read_text(encoding="utf-8"), statement.made_at)
    return document(sheet, msgspec.json.encode(values_of(statement)))


def values_of(statement: Statement) -> dict[str, Any]:
    words = statement.words
    (came, credit), (left, debit) = statement.came, statement.left
    return {
        "title": words["title"],
        "language": statement.language,
        "brand": statement.bank.name,
        "foot": f"{statement.account.shown} · {words['number.of']} {statement.id}",
        "facts": [[name, shown(value)] for name, value in facts_of(statement)],
        "notice": words["notice.provisional"] if statement.provisional else "",
        "check": words["notice.check"] if statement.code else "",
        "code": statement.code,
        "address": statement.check,
        "picture": statement.picture,
        "sums": [
            [words["opening"], sum_text(statement, statement.opening)],
            [f"{words['came']} ({came})", sum_text(statement, credit)],
            [f"{words['left']} ({left})", sum_text(statement, -debit)],
            [words["closing.so_far" if statement.provisional else "closing"], sum_text(statement, statement.closing)],
        ],
        "heads": [words[f"column.{name}"] for name in ("at", "said", "amount", "balance")],
        "section": words["entries"],
        "none": words["none"],
        "rows": [_row(statement, row) for row in statement.rows],
    }


def _row(statement: Statement, row: Row) -> list[str]:
    at = statement.local(row.at)
    under = " – ".join(part for part in (row.note, row.id) if part)
    return [
        at.date().isoformat(),
        at.time().isoformat("minutes"),
        shown(row.who or row.text),
        shown(row.text if row.who else ""),
        shown(under),
        sum_text(statement, row.amount, plus="+"),
        sum_text(statement, row.balance),
        "in" if row.amount > 0 else "out",
    ]


def sum_text(statement: Statement, minor: int, plus: str = "") -> str:
    """Major units as the language writes them, in thousands: "−1,234.50"; Spanish parts no four digits."""
    whole, point, decimals = statement.major(abs(minor)).partition(".")
    small = statement.language == "es" and len(whole) < len("10000")
    text = f"{whole if small else f'{int(whole):,}'}{point}{decimals}"
    sign = _MINUS if minor < 0 else plus if minor > 0 else ""
    return sign + (text.translate(_SPANISH) if statement.language == "es" else text)
