"""Version 9: no account of staff is a demo's; nothing went by the mark any more."""

from feiqian.migrations.steps import drop_column

revision, down_revision = "0009", "0008"


def upgrade() -> None:
    """Forget the mark."""
    drop_column("staff_members", "demo")
