"""A statement as camt.053.001.08 (ISO 20022, BankToCustomerStatement)."""

from __future__ import annotations

from datetime import datetime

from feiqian.statements.formats.xml_parts import element, leaf
from feiqian.statements.model import Row, Statement

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
REFERENCE, NAME, REMITTANCE, MORE = 35, 140, 140, 500  # characters
# ISO external codes: a transfer within one bank, sent or received; what the bank has put right itself.
_BOOKED = {True: ("PMNT", "RCDT", "BOOK"), False: ("PMNT", "ICDT", "BOOK")}
_ADJUSTED = {True: ("ACMT", "MCOP", "ADJT"), False: ("ACMT", "MDOP", "ADJT")}
_BY_THE_BANK = frozenset({"opening", "correction"})


def write(statement: Statement) -> bytes:
    made = _moment(statement.local(statement.made_at))
    head = element("GrpHdr", leaf("MsgId", statement.id, REFERENCE), element("CreDtTm", made))
    body = element(
        "Stmt",
        leaf("Id", statement.id, REFERENCE),
        element("CreDtTm", made),
        element(
            "FrToDt",
            element("FrDtTm", _moment(statement.begins)),
            element("ToDtTm", _moment(statement.until)),
        ),
        _account(statement),
        _balance(statement, "OPBD", statement.opening, statement.first.isoformat()),
        _balance(statement, "CLBD", statement.closing, statement.last.isoformat()),
        _summary(statement),
        *(_entry(statement, row) for row in statement.rows),
        leaf("AddtlStmtInf", statement.words["notice.provisional"] if statement.provisional else "", MORE),
    )
    document = element("Document", element("BkToCstmrStmt", head, body), xmlns=NAMESPACE)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{document}\n'.encode()


def _account(statement: Statement) -> str:
    account, bank = statement.account, statement.bank
    scheme = element("SchmeNm", leaf("Prtry", "WALLET" if account.product == "wallet" else "ACCOUNT", REFERENCE))
    return element(
        "Acct",
        element("Id", element("Othr", leaf("Id", account.number, 34), scheme)),
        leaf("Ccy", account.currency, 3),
        leaf("Nm", account.shown, 70),
        element("Ownr", leaf("Nm", account.holder, NAME)) if account.holder else "",
        element(
            "Svcr",
            element("FinInstnId", leaf("Nm", bank.name, NAME), element("Othr", leaf("Id", bank.code, REFERENCE))),
        ),
    )


def _balance(statement: Statement, code: str, minor: int, day: str) -> str:
    kind = element("Tp", element("CdOrPrtry", element("Cd", code)))
    return element("Bal", kind, *_amount(statement, minor), element("Dt", element("Dt", day)))


def _amount(statement: Statement, minor: int) -> tuple[str, str]:
    """Without a sign, and which way it goes."""
    return (
        element("Amt", statement.major(abs(minor)), Ccy=statement.account.currency),
        element("CdtDbtInd", "DBIT" if minor < 0 else "CRDT"),
    )


def _summary(statement: Statement) -> str:
    (came, credit), (left, debit) = statement.came, statement.left
    net = credit - debit
    way = element("CdtDbtInd", "DBIT" if net < 0 else "CRDT")
    return element(
        "TxsSummry",
        element(
            "TtlNtries",
            element("NbOfNtries", str(came + left)),
            element("Sum", statement.major(credit + debit)),
            element("TtlNetNtry", element("Amt", statement.major(abs(net))), way),
        ),
        element("TtlCdtNtries", element("NbOfNtries", str(came)), element("Sum", statement.major(credit))),
        element("TtlDbtNtries", element("NbOfNtries", str(left)), element("Sum", statement.major(debit))),
    )


def _entry(statement: Statement, row: Row) -> str:
    at = statement.local(row.at)
    amount = _amount(statement, row.amount)
    return element(
        "Ntry",
        leaf("NtryRef", row.id, REFERENCE),
        *amount,
        element("RvslInd", "true") if row.kind == "refund" else "",
        element("Sts", element("Cd", "BOOK")),
        element("BookgDt", element("DtTm", _moment(at))),
        element("ValDt", element("Dt", at.date().isoformat())),
        leaf("AcctSvcrRef", row.id, REFERENCE),
        _code(statement, row),
        element("NtryDtls", element("TxDtls", *_details(statement, row))),
        leaf("AddtlNtryInf", row.text, MORE),
    )


def _code(statement: Statement, row: Row) -> str:
    domain, family, sub = (_ADJUSTED if row.kind in _BY_THE_BANK else _BOOKED)[row.amount > 0]
    return element(
        "BkTxCd",
        element(
            "Domn",
            element("Cd", domain),
            element("Fmly", element("Cd", family), element("SubFmlyCd", sub)),
        ),
        element("Prtry", leaf("Cd", row.kind, REFERENCE), leaf("Issr", statement.bank.name, REFERENCE)),
    )


def _details(statement: Statement, row: Row) -> list[str]:
    """References, parties, what was said. The holder is a party, too: readers ask for both."""
    reference = row.reference.replace("_", "", 1)  # as ids of entries: 35 characters
    refs = leaf("AcctSvcrRef", row.id, REFERENCE) + leaf("EndToEndId", reference, REFERENCE)
    holder, other = (leaf("Nm", name, NAME) for name in (statement.account.holder, row.who))
    payer, payee = (other, holder) if row.amount > 0 else (holder, other)
    parties = [element(name, element("Pty", side)) for name, side in (("Dbtr", payer), ("Cdtr", payee)) if side]
    said = leaf("Ustrd", row.note, REMITTANCE)
    return [
        element("Refs", refs),
        *_amount(statement, row.amount),
        element("RltdPties", *parties) if parties else "",
        element("RmtInf", said) if said else "",
        leaf("AddtlTxInf", row.text, MORE),
    ]


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds" if not at.microsecond else "milliseconds")
