"""`feiqian audit`: reads everything again and says whether the books are right. Changes nothing; payments may go on."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from feiqian.settings import Settings

from .common import Commands, command

if TYPE_CHECKING:
    from feiqian.audit_log.entry import Head
    from feiqian.ledger.audit import AuditReport, Tie
    from feiqian.ledger.checkpoints import Checkpoints
    from feiqian.ledger.engine import Engine

MOST = 1_000  # differences that are told
EPILOG = """\
Verifies the journal's chain row by row, replays it into both engines and compares them, checks that debits equal
credits, that every checkpoint is the state at its position, and that the read model ties to the ledger to the cent.
Then the audit log of what staff and customers looked at and did: whether each entry is as it was written. Its end is
printed: keep it elsewhere and give it to the next audit, so that entries taken off the end are noticed.

examples:
  feiqian --data bank audit
  feiqian --data bank audit --trail-head 812:5f0c...
  feiqian --data bank audit --json | jq .findings

And levels of customers, which accounts are closed, roles and states of staff accounts: whether they are what the audit
log or the ledger says.

Exit code 0: clean. 1: there are findings; each names its position.
"""


def register(commands: Commands) -> None:
    parser = command(commands, "audit", run, "verify the journal, the books, the read model and the audit log", EPILOG)
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument(
        "--trail-head", type=_head, metavar="HEAD", help="an end of the audit log that an earlier audit printed"
    )
    parser.add_argument(
        "--engines", choices=("both", "native", "spec"), default="both", help="what replays (default: both)"
    )


def _head(text: str) -> Head:
    from feiqian.audit_log.entry import Head

    return Head.read(text)


def run(settings: Settings, options: argparse.Namespace) -> int:
    from feiqian import features
    from feiqian.ledger.audit import audit
    from feiqian.ledger.recovery import open_journal
    from feiqian.projections.reconcile import reconcile_at

    folder = Path(settings.data)
    journal = open_journal(folder, settings.journal_url)
    derived = settings.read_url or settings.file("read.db").exists()
    ties = [reconcile_at(settings.read_location, features.read_models())] if derived else []
    tie = _all([*ties, *_deposits(settings)])
    checkpoints, unread = _checkpoints(folder, settings.journal_url)
    report = audit(journal, checkpoints, engines=options.engines, tie=tie)
    journal.close()
    report.findings.extend(unread)
    audit_log, findings = _audit_log(settings, options.trail_head)
    report.findings.extend(findings)
    print(_json(report, audit_log) if options.json else _text(report, audit_log))
    return 0 if report.clean else 1


def _checkpoints(folder: Path, url: str) -> tuple[Checkpoints | None, list[str]]:
    """The store of checkpoints, and what is wrong if it cannot be opened."""
    from feiqian.errors import CheckpointInvalid
    from feiqian.ledger.recovery import open_checkpoints

    try:
        return open_checkpoints(folder, url, required=True), []
    except CheckpointInvalid as error:
        return None, [str(error)]


def _all(ties: list[Tie]) -> Tie:
    """One that says what all of them say."""
    return lambda engine, position: [found for tie in ties for found in tie(engine, position)]


def _deposits(settings: Settings) -> list[Tie]:
    """Whether the accounts of the bank's database are those of the ledger; nothing where there is no bank."""
    from itertools import islice

    from feiqian.clock import SystemClock
    from feiqian.db import BankDb
    from feiqian.deposits.audit import differences
    from feiqian.ledger_intents.service import LedgerIntents
    from feiqian.runtime.work import Work

    if not settings.bank_url and not settings.file("bank.db").exists():
        return []

    def compare(engine: Engine, _position: int) -> list[str]:
        db, work = BankDb(Path(settings.data), settings.bank_url), Work()
        with db.snapshot() as connection:
            found = list(islice(differences(connection, engine, LedgerIntents(db, SystemClock(), work)), MOST))
        work.close()
        db.close()
        return found

    return [compare]


def _audit_log(settings: Settings, kept: Head | None) -> tuple[str, list[str]]:
    """Where the audit log ends, and what is wrong with it; `kept` is an end of before."""
    from itertools import chain, islice

    from feiqian.audit_log.log import AuditLog
    from feiqian.backoffice import accounts_audit
    from feiqian.backoffice.members import Members
    from feiqian.customers import level_numbers, levels
    from feiqian.db import BankDb

    if not settings.bank_url and not settings.file("bank.db").exists():
        return "", []
    db = BankDb(Path(settings.data), settings.bank_url)
    with db.snapshot() as connection:
        audit_log = AuditLog()
        finding, head = audit_log.verify(connection, kept), audit_log.head(connection)
        told = (
            level_numbers.differences(audit_log, connection),
            levels.differences(audit_log, connection),
            accounts_audit.differences(audit_log, connection, Members(audit_log)),
        )
        different = list(islice(chain(*told), MOST))
    db.close()
    return str(head), ([str(finding)] if finding is not None else []) + different


def _json(report: AuditReport, audit_log: str) -> str:
    told = {
        "position": report.position,
        "hash": report.hash.hex(),
        "digests": {name: digest.hex() for name, digest in report.digests.items()},
        "totals": {str(currency): totals._asdict() for currency, totals in report.totals.items()},
        "checkpoints": report.checkpoints,
        "trail": audit_log,
        "findings": report.findings,
    }
    return json.dumps(told, indent=2)


def _text(report: AuditReport, audit_log: str) -> str:
    from feiqian.money import CurrencyNumber, MinorUnits, Money, currency, format_plain

    lines = [f"journal: {report.position} rows, last hash {report.hash.hex()}"]
    for number, totals in report.totals.items():
        unit = currency(CurrencyNumber(number))
        debits, credits = (format_plain(Money(MinorUnits(n), unit)) for n in totals[:2])
        lines.append(f"{unit.code}: debits {debits}, credits {credits}")
    accounts, transfers, allowances, claims = report.counts
    lines.append(f"{accounts} accounts, {transfers} transfers, {allowances} allowances, {claims} claims")
    lines.append(f"checkpoints compared: {', '.join(map(str, report.checkpoints)) or 'none'}")
    lines.append(f"trail: {audit_log or 'none'}")
    lines += [f"FINDING: {finding}" for finding in report.findings] or ["clean"]
    return "\n".join(lines)
