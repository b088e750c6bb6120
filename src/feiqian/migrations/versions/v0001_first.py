"""Version 1: the tables that were there before there were migrations."""

revision, down_revision = "0001", None


def upgrade() -> None:
    """Do nothing: no database is older."""
