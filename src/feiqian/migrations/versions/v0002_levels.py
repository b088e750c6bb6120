"""Version 2: customers have levels, and challenges a summary.

Every customer of version 1 could pay: all get the policy's highest level, 2.
"""

from alembic import op
from sqlalchemy import Column, LargeBinary, SmallInteger, text

from feiqian.migrations.steps import add_column, has_table

revision, down_revision = "0002", "0001"


def upgrade() -> None:
    """Add both columns."""
    add_column("customers", Column("level", SmallInteger, nullable=False, server_default="0"))
    if has_table("customers"):
        op.execute("UPDATE customers SET level = 2")
    empty = "X''" if op.get_bind().dialect.name == "sqlite" else "''"
    add_column("verification_challenges", Column("summary", LargeBinary, nullable=False, server_default=text(empty)))
