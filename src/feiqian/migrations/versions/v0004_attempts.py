"""Version 4: wrong answers are counted by place, and codes are capped by audience.

A lock that holds becomes one of unknown devices. Codes that were sent before count as customers'.
"""

from alembic import op
from sqlalchemy import Column, String

from feiqian.migrations.steps import add_column, has_table

revision, down_revision = "0004", "0003"

STATEMENTS = (
    "CREATE TABLE IF NOT EXISTS verification_attempts (role VARCHAR(10) NOT NULL, number BIGINT NOT NULL,"
    " place VARCHAR(36) NOT NULL, factor VARCHAR(10) NOT NULL, wrong INTEGER NOT NULL,"
    " day_from BIGINT NOT NULL, day_wrong INTEGER NOT NULL, locks INTEGER NOT NULL,"
    " locked_until BIGINT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (role, number, place, factor))",
    "CREATE INDEX IF NOT EXISTS verification_attempts_by_age ON verification_attempts (at)",
    "DELETE FROM verification_attempts",
    "INSERT INTO verification_attempts"
    " (role, number, place, factor, wrong, day_from, day_wrong, locks, locked_until, at)"
    " SELECT role, number, '', 'password', count, 0, 0, locks, locked_until, locked_until"
    " FROM verification_tries WHERE locked_until > 0",
    "DROP TABLE verification_tries",
)


def upgrade() -> None:
    """Move the locks; add the columns."""
    if has_table("verification_tries"):
        for statement in STATEMENTS:
            op.execute(statement)
    add_column("verification_challenges", Column("place", String(36), nullable=False, server_default=""))
    for table in ("verification_sends", "notify_codes"):
        add_column(table, Column("audience", String(8), nullable=False, server_default="customer"))
