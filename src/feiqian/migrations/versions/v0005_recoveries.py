"""Version 5: recoveries that nothing passes took the place of challenges of somebody who is not there."""

from sqlalchemy import Column, Integer

from feiqian.migrations.steps import add_column, drop_column

revision, down_revision = "0005", "0004"


def upgrade() -> None:
    """Mark such challenges; forget whom the others were counted for."""
    add_column("verification_challenges", Column("hopeless", Integer, nullable=False, server_default="0"))
    for name in ("counted_role", "counted_number", "long_codes"):
        drop_column("customers_doors", name)
