"""Version 11: deliveries may have a lane, such as a merchant's endpoint, in which they wait for each other."""

from sqlalchemy import Column, String

from feiqian.migrations.steps import add_column, add_index

revision, down_revision = "0011", "0010"


def upgrade() -> None:
    """Add the lane, which no message has, and its indexes."""
    add_column("outbox_deliveries", Column("lane", String(40)))
    add_index("outbox_deliveries", "outbox_lanes", "topic", "state", "lane", "next_at")
    add_index("outbox_deliveries", "outbox_of_lane", "lane", "sequence")
