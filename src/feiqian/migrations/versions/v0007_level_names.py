"""Version 7: a customer's level is the number of a name, not a place in the policy.

The table of names is new, so it is made without this; the server fills it in when it starts, because only the policy
knows the names. What older versions stored stays: places become numbers. The version keeps those versions from reading
a number as a place.
"""

revision, down_revision = "0007", "0006"


def upgrade() -> None:
    """Change nothing."""
