"""A statement as OFX 2.2 (XML), which bookkeeping programs import: one account, its entries, its balances."""

from __future__ import annotations

from datetime import datetime

from feiqian.statements.formats.xml_parts import element, leaf
from feiqian.statements.model import Row, Statement

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<?OFX OFXHEADER="200" VERSION="220" SECURITY="NONE" OLDFILEUID="NONE" NEWFILEUID="NONE"?>\n'
)
LANGUAGES = {"en": "ENG", "zh": "ZHO", "es": "SPA"}  # ISO 639-2
NAME, LONG_NAME, MEMO, ORGANISATION = 32, 100, 255, 32  # characters (OFX 2.2, 3 and 11)
_OK = element("STATUS", element("CODE", "0"), element("SEVERITY", "INFO"))
_TYPES = {"payment": "POS", "own_transfer": "XFER", "closing": "XFER", "person_transfer": "XFER"}


def write(statement: Statement) -> bytes:
    account, bank = statement.account, statement.bank
    of = element(
        "BANKACCTFROM",
        leaf("BANKID", bank.code, 9),
        leaf("ACCTID", account.number, 22),
        element("ACCTTYPE", "SAVINGS" if account.product == "savings" else "CHECKING"),
    )
    moved = [_moved(statement, row) for row in statement.rows]
    span = element("DTSTART", _moment(statement.begins)), element("DTEND", _moment(statement.until))
    until = element("DTASOF", _moment(statement.until))
    entries = element("BANKTRANLIST", *span, *moved)
    closing = element("LEDGERBAL", element("BALAMT", statement.major(statement.closing)), until)
    response = element(
        "STMTRS", element("CURDEF", account.currency), of, entries, closing, element("BALLIST", _opening(statement))
    )
    answer = element("STMTTRNRS", leaf("TRNUID", statement.id, 36), _OK, response)
    document = element("OFX", _signed_on(statement), element("BANKMSGSRSV1", answer))
    return f"{HEAD}{document}\n".encode()


def _signed_on(statement: Statement) -> str:
    by = element("FI", leaf("ORG", statement.bank.name, ORGANISATION), leaf("FID", statement.bank.code, 32))
    made = element("DTSERVER", _moment(statement.local(statement.made_at)))
    language = element("LANGUAGE", LANGUAGES[statement.language])
    return element("SIGNONMSGSRSV1", element("SONRS", _OK, made, language, by))


def _opening(statement: Statement) -> str:
    return element(
        "BAL",
        element("NAME", "OPENING"),
        leaf("DESC", statement.words["opening"], 80),
        element("BALTYPE", "DOLLAR"),  # an amount of CURDEF, in whatever currency that is
        element("VALUE", statement.major(statement.opening)),
        element("DTASOF", _moment(statement.begins)),
    )


def _moved(statement: Statement, row: Row) -> str:
    who = row.who or row.text
    memo = " – ".join(part for part in (row.text if row.who else "", row.note, row.reference) if part)
    return element(
        "STMTTRN",
        element("TRNTYPE", _TYPES.get(row.kind, "CREDIT" if row.amount > 0 else "DEBIT")),
        element("DTPOSTED", _moment(statement.local(row.at))),
        element("TRNAMT", statement.major(row.amount)),
        leaf("FITID", row.id, 255),
        leaf("NAME", who, NAME),
        leaf("EXTDNAME", who, LONG_NAME) if len(who) > NAME else "",
        leaf("MEMO", memo, MEMO),
    )


def _moment(at: datetime) -> str:
    """By the bank's clock, since some programs look at the day alone: "20261103123000.000[+8]" (3.2.8.2)."""
    offset = at.utcoffset()
    minutes = int(offset.total_seconds()) // 60 if offset is not None else 0
    hours, odd = divmod(abs(minutes), 60)
    sign, rest = "-" if minutes < 0 else "+", f".{odd:02}" if odd else ""
    return f"{at:%Y%m%d%H%M%S}.{at.microsecond // 1000:03}[{sign}{hours}{rest}]"
