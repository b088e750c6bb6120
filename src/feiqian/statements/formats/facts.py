"""What a statement is about, for files that people read."""

from __future__ import annotations

from feiqian.statements.model import Statement


def facts_of(statement: Statement) -> list[tuple[str, str]]:
    """Names and values, without what there is none of."""
    words, account = statement.words, statement.account
    facts = [
        ("bank", statement.bank.name),
        ("holder", account.holder),
        ("account", account.shown),
        ("number", "" if account.product == "wallet" else account.number),
        ("currency", account.currency),
        ("period", f"{statement.first.isoformat()} – {statement.last.isoformat()}"),
        ("zone", statement.bank.zone),
        ("made", statement.local(statement.made_at).strftime("%Y-%m-%d %H:%M:%S")),
        ("provisional", words["provisional.yes"] if statement.provisional else ""),
        ("id", statement.id),
    ]
    return [(words[key], value) for key, value in facts if value]
