"""Version 3: payment codes are of issuing devices. Every customer gets one.

The table is made here because whoever opens the database need not know it. A customer who has one already keeps it.
"""

from alembic import op

from feiqian.migrations.steps import has_table

revision, down_revision = "0003", "0002"

STATEMENTS = (
    "CREATE TABLE IF NOT EXISTS issuing_devices (number INTEGER NOT NULL PRIMARY KEY,"
    " customer BIGINT NOT NULL REFERENCES customers (number),"
    " created_at BIGINT NOT NULL, revoked_at BIGINT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS ix_issuing_devices_customer ON issuing_devices (customer)",
    "INSERT INTO issuing_devices (number, customer, created_at, revoked_at)"
    " SELECT (SELECT COALESCE(MAX(number), 0) FROM issuing_devices)"
    " + ROW_NUMBER() OVER (ORDER BY number), number, created_at, 0 FROM customers"
    " WHERE number NOT IN (SELECT customer FROM issuing_devices)",
)


def upgrade() -> None:
    """Make the table, and a device for each customer who has none."""
    if has_table("customers"):
        for statement in STATEMENTS:
            op.execute(statement)
