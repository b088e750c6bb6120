"""`feiqian audit`: reads everything again and says whether the books are right. Changes nothing; payments may go on."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from feiqian.settings import Settings

from .common import Commands, command

if TYPE_CHECKING:
    from feiqian.ledger.audit import AuditReport

EPILOG = """\
Verifies the journal's chain row by row, replays it into both engines and compares them, checks that debits equal
credits, that every checkpoint is the state at its position, and that the read model ties to the ledger to the cent.
Then the trail of what staff and customers looked at and did: whether each entry is as it was written.

examples:
  feiqian --data bank audit
  feiqian --data bank audit --json | jq .findings

Exit code 0: clean. 1: there are findings; each names its position.
"""


def register(commands: Commands) -> None:
    parser = command(commands, "audit", run, "verify the journal, the books, the read model and the trail", EPILOG)
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument(
        "--engines", choices=("both", "native", "spec"), default="both", help="what replays (default: both)"
    )


def run(settings: Settings, options: argparse.Namespace) -> int:
    from feiqian.ledger.audit import audit
    from feiqian.ledger.recovery import open_checkpoints, open_journal
    from feiqian.projections.tie import tie_at

    folder = Path(settings.data)
    journal = open_journal(folder, settings.journal_url)
    tie = tie_at(settings.read_location) if settings.read_url or settings.file("read.db").exists() else None
    report = audit(journal, open_checkpoints(folder, settings.journal_url), engines=options.engines, tie=tie)
    journal.close()
    report.findings.extend(_trail(settings))
    print(_json(report) if options.json else _text(report))
    return 0 if report.clean else 1


def _trail(settings: Settings) -> list[str]:
    """What is wrong with the trail of what people looked at and did."""
    from feiqian.db import BankDb
    from feiqian.trail.trail import Trail

    if not settings.bank_url and not settings.file("bank.db").exists():
        return []
    db = BankDb(Path(settings.data), settings.bank_url)
    with db.read() as connection:
        finding = Trail(db).verify(connection)
    db.close()
    return [str(finding)] if finding is not None else []


def _json(report: AuditReport) -> str:
    told = {
        "position": report.position,
        "hash": report.hash.hex(),
        "digests": {name: digest.hex() for name, digest in report.digests.items()},
        "totals": {str(currency): totals._asdict() for currency, totals in report.totals.items()},
        "checkpoints": report.checkpoints,
        "findings": report.findings,
    }
    return json.dumps(told, indent=2)


def _text(report: AuditReport) -> str:
    from feiqian.money import Money, currency, format_plain

    lines = [f"journal: {report.position} rows, last hash {report.hash.hex()}"]
    for number, totals in report.totals.items():
        debits, credits = (format_plain(Money(n, currency(number))) for n in totals[:2])
        lines.append(f"{currency(number).code}: debits {debits}, credits {credits}")
    accounts, transfers, allowances, claims = report.counts
    lines.append(f"{accounts} accounts, {transfers} transfers, {allowances} allowances, {claims} claims")
    lines.append(f"checkpoints compared: {', '.join(map(str, report.checkpoints)) or 'none'}")
    lines += [f"FINDING: {finding}" for finding in report.findings] or ["clean"]
    return "\n".join(lines)
