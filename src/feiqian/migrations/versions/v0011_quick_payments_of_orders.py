"""Version 11: a quick payment may pay an order."""

from sqlalchemy import Column, String

from feiqian.migrations.steps import add_column

revision, down_revision = "0011", "0010"


def upgrade() -> None:
    """Add the order that is paid; of those before, none."""
    add_column("quick_payments", Column("order_id", String(36), nullable=False, server_default=""))
