"""Each kind of file by itself: what people wrote, currencies of all sorts, languages, and periods without entries."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from decimal import Decimal

import pytest
from lxml import etree
from openpyxl import load_workbook

from feiqian.statements.formats import camt, csv_file, ofx, pdf, xlsx
from feiqian.statements.model import Format, Row, Statement
from feiqian.strings.cells import cell
from tests.statements.keepers import NAMESPACE, of_camt, of_ofx, read, text_of_pdf
from tests.statements.of_a_month import WRITTEN, rows, statement

WRITERS: dict[Format, Callable[[Statement], bytes]] = {
    Format.CSV: csv_file.write,
    Format.XLSX: xlsx.write,
    Format.OFX: ofx.write,
    Format.CAMT: camt.write,
}
FORMULAS = [who for _, _, who, _, _ in WRITTEN if who.startswith("=")]


@pytest.mark.parametrize("format", WRITERS)
@pytest.mark.parametrize(
    ("currency", "opening"), [("CNY", 100_000), ("JPY", 100_000), ("KWD", 100_000), ("CNY", -70_000)]
)
def test_what_is_read_back_is_what_was_written(format: Format, currency: str, opening: int) -> None:
    it = statement(currency, opening=opening)
    found = read(format, WRITERS[format](it))
    decimals = it.account.decimals
    assert found.opening == Decimal(it.opening).scaleb(-decimals)
    assert found.closing == Decimal(it.closing).scaleb(-decimals)
    assert [entry.id for entry in found.entries] == [row.id for row in it.rows]
    assert [entry.amount for entry in found.entries] == [Decimal(row.amount).scaleb(-decimals) for row in it.rows]
    assert [entry.day for entry in found.entries] == [f"2026-11-{day:02}" for day in range(1, len(it.rows) + 1)]


@pytest.mark.parametrize("format", WRITERS)
def test_a_period_without_entries_has_both_balances_all_the_same(format: Format) -> None:
    found = read(format, WRITERS[format](statement(opening=1_234, entries=[])))
    assert (found.opening, found.closing, found.entries) == (Decimal("12.34"), Decimal("12.34"), [])


def test_abuse_63_no_cell_of_csv_is_a_formula() -> None:
    lines = list(csv.reader(io.StringIO(csv_file.write(statement()).decode("utf-8-sig"))))
    texts = [text for line in lines[1:] for text in line[4:9]]
    assert cell(FORMULAS[0]) in texts
    assert not [text for text in texts if text.startswith(("=", "+", "-", "@"))]


def test_abuse_63_no_cell_of_a_workbook_is_a_formula_or_a_link() -> None:
    content = xlsx.write(statement())
    about, entries = load_workbook(io.BytesIO(content)).worksheets
    cells = [one for sheet in (about, entries) for row in sheet.iter_rows() for one in row if one.value is not None]
    assert {one.data_type for one in cells} == {"s", "n", "d"}
    assert not [one for one in cells if one.data_type == "s" and str(one.value).startswith(("=", "+", "-", "@"))]
    parts = zipfile.ZipFile(io.BytesIO(content))
    assert not [name for name in parts.namelist() if "<f>" in parts.read(name).decode() or "rels/sheet" in name]


def test_abuse_63_nothing_that_somebody_wrote_ends_an_element_or_begins_one() -> None:
    written = "</NAME><TRNAMT>1</TRNAMT><![CDATA[ &amp; <?x?> \"'\x00\x0b\ud7ff\ufffe"
    entry = Row("mov" + "1" * 32, rows(0)[0].at, -1, -1, "payment", written, written, written, written)
    it = statement(opening=0, entries=[entry])
    assert of_ofx(ofx.write(it)).entries[0].amount == Decimal("-0.01")
    [found] = of_camt(camt.write(it)).entries
    assert found.amount == Decimal("-0.01")
    assert found.who.startswith("</NAME><TRNAMT>1</TRNAMT><![CDATA[ &amp; <?x?>")


@pytest.mark.parametrize("length", [0, 1, 32, 33, 140, 141, 500])
def test_texts_of_any_length_are_valid(length: int) -> None:
    text = "飞" * length
    entry = Row("mov" + "1" * 32, rows(0)[0].at, 5, 5, "refund", "Refund", text, text, "")
    it = statement(opening=0, entries=[entry])
    assert of_camt(camt.write(it)).entries[0].who == text[:140]
    assert of_ofx(ofx.write(it)).entries[0].who == (text[:100] or "Refund")


def test_a_sum_of_more_digits_than_a_cell_of_a_number_holds_is_exact() -> None:
    large = 2**63 - 1
    entry = Row("mov" + "1" * 32, rows(0)[0].at, large, large, "correction", "Correction", "", "", "")
    it = statement(opening=0, entries=[entry])
    assert read(Format.XLSX, xlsx.write(it)).entries[0].amount == Decimal("92233720368547758.07")
    assert read(Format.CSV, csv_file.write(it)).closing == Decimal("92233720368547758.07")


def test_camt_names_the_account_its_owner_the_bank_and_the_sums() -> None:
    root = etree.fromstring(camt.write(statement()))

    def text(path: str) -> str | None:
        return root.findtext(f".//c:Stmt/{path}", namespaces=NAMESPACE)

    assert text("c:Acct/c:Id/c:Othr/c:Id") == "9900011234567890128"
    assert text("c:Acct/c:Ownr/c:Nm") == "王小明"
    assert text("c:Acct/c:Svcr/c:FinInstnId/c:Othr/c:Id") == "990001"
    assert text("c:FrToDt/c:FrDtTm") == "2026-11-01T00:00:00+08:00"
    assert text("c:FrToDt/c:ToDtTm") == "2026-11-30T23:59:59+08:00"
    assert text("c:TxsSummry/c:TtlCdtNtries/c:Sum") == "512.57"
    assert text("c:TxsSummry/c:TtlDbtNtries/c:Sum") == "213.52"
    assert text("c:TxsSummry/c:TtlNtries/c:TtlNetNtry/c:Amt") == "299.05"


def test_a_period_that_is_not_over_is_called_provisional() -> None:
    it = statement(provisional=True, through=rows(0)[-1].at)
    assert "replaces this one" in camt.write(it).decode()
    assert "replaces this one" in text_of_pdf(pdf.write(it))
    assert "replaces this one" not in text_of_pdf(pdf.write(statement()))


@pytest.mark.parametrize(("language", "closing"), [("en", "1,299.05"), ("zh", "1,299.05"), ("es", "1299,05")])
def test_a_pdf_says_all_in_the_language_and_names_can_be_read_back(language: str, closing: str) -> None:
    it = statement(language=language)
    text = text_of_pdf(pdf.write(it))
    for said in ("王小明", "柠檬茶 <北京店> & Söhne", "房租", "9900011234567890128", closing, it.words["title"]):
        assert said in text
    for row in it.rows:
        assert row.id in text


def test_a_pdf_says_what_came_and_what_left() -> None:
    lines = text_of_pdf(pdf.write(statement())).splitlines()
    for head, said in (("Money in (3)", "512.57"), ("Money out (4)", "−213.52"), ("Closing balance", "1,299.05")):
        assert lines[lines.index(head) + 1] == said


def test_names_with_a_middle_dot_and_letters_that_no_font_has_are_no_hindrance() -> None:
    strange = "买买提·阿卜杜拉 \U0001f9cb \U00020bb7"
    entry = Row("mov" + "1" * 32, rows(0)[0].at, 5, 5, "person_transfer", "Transfer", strange, "", "")
    assert "买买提·阿卜杜拉" in text_of_pdf(pdf.write(statement(opening=0, entries=[entry])))


def test_large_sums_are_parted_in_thousands_as_each_language_does() -> None:
    said = {language: pdf.sum_text(statement(language=language), -1_234_567_89) for language in ("en", "zh", "es")}
    assert said == {"en": "−1,234,567.89", "zh": "−1,234,567.89", "es": "−1.234.567,89"}
    assert pdf.sum_text(statement("JPY"), 1_234, plus="+") == "+1,234"
    assert pdf.sum_text(statement("JPY"), 0, plus="+") == "0"
