"""Version 6: what has to be told the ledger is in one table, whatever it is.

Moved are levels that were decided, wallets that were being unfrozen, and changes that were approved. A level that hung
on a review is moved if the review is verified; otherwise the review decides it anew. An intent that is there stays.
"""

import json
from typing import Any
from uuid import uuid4

from alembic import op
from sqlalchemy import text

from feiqian.migrations.steps import has_table

revision, down_revision = "0006", "0005"

TABLE = (
    "CREATE TABLE IF NOT EXISTS ledger_intents (id VARCHAR(36) NOT NULL PRIMARY KEY, kind VARCHAR(20) NOT NULL,"
    " subject VARCHAR(40) NOT NULL, payload VARCHAR(500) NOT NULL, created_at BIGINT NOT NULL, UNIQUE (kind, subject))"
)
DECIDED = (
    "SELECT customer, level, by_role, by_number, created_at FROM customers_level_changes c WHERE if_verified = 0"
    " OR (SELECT outcome FROM identity_reviews WHERE customer = c.customer AND at >= c.created_at"
    " ORDER BY id DESC LIMIT 1) = 'verified'"
)
UNFREEZING = "SELECT customer, frozen_at FROM customers_profiles WHERE frozen = 'thawing'"
APPLYING = "SELECT id, decided_at FROM staff_changes WHERE state = 'applying'"


def upgrade() -> None:
    """Move what is pending; drop the table of levels."""
    op.execute(TABLE)
    if has_table("customers_level_changes"):
        for row in _rows(DECIDED):
            payload = {"customer": row.customer, "level": row.level, "by": [row.by_role, row.by_number]}
            _put("level", f"customer:{row.customer}", payload, row.created_at)
        op.drop_table("customers_level_changes")
    if has_table("customers_profiles"):
        for row in _rows(UNFREEZING):  # who asked for it was not kept
            payload = {"customer": row.customer, "by": ["customer", row.customer]}
            _put("unfreeze", f"customer:{row.customer}", payload, row.frozen_at)
        op.execute("UPDATE customers_profiles SET frozen = 'frozen' WHERE frozen = 'thawing'")
    if has_table("staff_changes"):
        for row in _rows(APPLYING):
            _put("change_request", row.id, {}, row.decided_at)


def _rows(statement: str) -> list[Any]:
    return list(op.get_bind().execute(text(statement)))


def _put(kind: str, subject: str, payload: dict[str, Any], created_at: int) -> None:
    random = uuid4().hex
    id = f"int_{random[:12]}7{random[13:]}"  # as ids are shaped
    values = {"id": id, "kind": kind, "subject": subject, "created_at": created_at}
    op.get_bind().execute(
        text(
            "INSERT INTO ledger_intents (id, kind, subject, payload, created_at)"
            " VALUES (:id, :kind, :subject, :payload, :created_at) ON CONFLICT (kind, subject) DO NOTHING"
        ),
        values | {"payload": json.dumps(payload)},
    )
