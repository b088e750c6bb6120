"""Version 10: what staff and sign-ins ask of long tables is found by an index, in the order in which it is wanted.

An index that is the beginning of a new one goes.
"""

from feiqian.migrations.steps import add_index, drop_index

revision, down_revision = "0010", "0009"


def upgrade() -> None:
    """Add the indexes."""
    add_index("identity_reviews", "identity_reviews_waiting", "outcome", "at")
    drop_index("identity_reviews", "ix_identity_reviews_outcome")
    add_index("staff_changes", "staff_changes_proposed", "maker", "proposed_at")
    add_index("staff_changes", "staff_changes_decided", "decided_by", "decided_at")
    add_index("sessions_devices", "devices_by_use", "role", "number", "seen_at")
    drop_index("sessions_devices", "devices_of_subject")
