"""A statement as an Excel workbook: a sheet of what it is about, and one of its entries. Every text is a string."""

from __future__ import annotations

import io
from datetime import datetime
from decimal import Decimal
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

from feiqian.statements.formats.facts import facts_of
from feiqian.statements.model import Statement
from feiqian.strings.cells import cell

COLUMNS = ("id", "at", "text", "who", "note", "reference", "amount", "balance")
WIDTHS = (38, 19, 24, 30, 36, 40, 16, 16)
EXACT_DIGITS = 15  # of a number in a cell; what has more is written as text


def write(statement: Statement) -> bytes:
    out = io.BytesIO()
    made = statement.local(statement.made_at).replace(tzinfo=None, microsecond=0)
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"title": statement.words["title"], "author": statement.bank.name, "created": made})
        look = _Look(book, statement)
        _about(book.add_worksheet(statement.words["sheet.about"]), statement, look)
        _entries(book.add_worksheet(statement.words["sheet.entries"]), statement, look)
    return out.getvalue()


class _Look:
    """How cells look, and how values get into them."""

    def __init__(self, book: Any, statement: Statement) -> None:
        decimals = statement.account.decimals
        self.head = book.add_format({"bold": True, "font_color": "#565c78", "bottom": 1, "bottom_color": "#dfe2ee"})
        self.title = book.add_format({"bold": True, "font_size": 16})
        self.soft = book.add_format({"font_color": "#565c78"})
        self.text = book.add_format({"text_wrap": True, "valign": "top"})
        self.moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss", "valign": "top", "align": "left"})
        shape = "#,##0" + ("." + "0" * decimals if decimals else "")
        self.sum = book.add_format({"num_format": shape, "valign": "top"})
        self._statement = statement

    def put_sum(self, sheet: Any, row: int, column: int, minor: int) -> None:
        text = self._statement.major(minor)
        if len(str(abs(minor))) <= EXACT_DIGITS:
            sheet.write_number(row, column, Decimal(text), self.sum)
        else:
            sheet.write_string(row, column, text, self.sum)

    def put_moment(self, sheet: Any, row: int, column: int, at: datetime) -> None:
        sheet.write_datetime(row, column, at.replace(tzinfo=None, microsecond=0), self.moment)


def _about(sheet: Any, statement: Statement, look: _Look) -> None:
    words = statement.words
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 44)
    sheet.write_string(0, 0, words["title"], look.title)
    facts = facts_of(statement)
    for at, (name, value) in enumerate(facts, 2):
        sheet.write_string(at, 0, name, look.soft)
        sheet.write_string(at, 1, cell(value), look.text)
    (came, credit), (left, debit) = statement.came, statement.left
    sums = (("opening", statement.opening), ("came", credit), ("left", debit), ("closing", statement.closing))
    for at, (key, minor) in enumerate(sums, len(facts) + 3):
        sheet.write_string(at, 0, words[key], look.soft)
        look.put_sum(sheet, at, 1, minor)
    sheet.write_string(len(facts) + 7, 0, words["entries"], look.soft)
    sheet.write_number(len(facts) + 7, 1, came + left, look.text)


def _entries(sheet: Any, statement: Statement, look: _Look) -> None:
    words = statement.words
    for column, (name, width) in enumerate(zip(COLUMNS, WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, words[f"column.{name}"], look.head)
    sheet.freeze_panes(1, 0)
    for at, row in enumerate(statement.rows, 1):
        sheet.write_string(at, 0, row.id, look.text)
        look.put_moment(sheet, at, 1, statement.local(row.at))
        for column, text in enumerate((row.text, row.who, row.note, row.reference), 2):
            sheet.write_string(at, column, cell(text), look.text)
        look.put_sum(sheet, at, 6, row.amount)
        look.put_sum(sheet, at, 7, row.balance)
