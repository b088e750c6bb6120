"""Version 8: messages are deliveries of the outbox, which sends other things, too.

Those of before are carried over, each as a receiver of its own: to which address it goes only the data key can tell, so
that what was queued before keeps no order with what comes. What was refused for good is a dead letter.
"""

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String

from feiqian.migrations.steps import has_table

revision, down_revision = "0008", "0007"

OLD, NEW = "notify_outbox", "outbox_deliveries"
KEPT_FOR = 7 * 86_400_000_000  # microseconds
CARRY = (
    f"INSERT INTO {NEW} (id, topic, kind, receiver, about, headers, sealed, state, attempts, next_at, created_at,"
    " expires_at, done_at, keep_until, why) SELECT id, channel, kind, id, role || ':' || CAST(number AS VARCHAR(20)),"
    " '{\"language\"\\:\"' || language || '\"}', sealed, CASE state WHEN 'failed' THEN 'dead' ELSE state END, attempts,"
    f" next_at, created_at, expires_at, done_at, CASE done_at WHEN 0 THEN 0 ELSE done_at + {KEPT_FOR} END, why"
    f" FROM {OLD} ORDER BY created_at, id"
)


def upgrade() -> None:
    """Make the table of deliveries, move messages there, drop theirs."""
    if not has_table(OLD):
        return
    if not has_table(NEW):
        _make()
    op.execute(CARRY)
    op.drop_table(OLD)


def _make() -> None:
    big = BigInteger().with_variant(Integer, "sqlite")
    moments = [Column(name, big, nullable=False) for name in ("next_at", "created_at", "expires_at", "done_at")]
    op.create_table(
        NEW,
        Column("sequence", big, primary_key=True, autoincrement=True),
        Column("id", String(36), nullable=False, unique=True),
        Column("once", String(32), unique=True),
        Column("topic", String(20), nullable=False),
        Column("kind", String(40), nullable=False),
        Column("receiver", String(80), nullable=False),
        Column("about", String(64), nullable=False),
        Column("headers", String(500), nullable=False),
        Column("sealed", LargeBinary),
        Column("state", String(8), nullable=False),
        Column("attempts", Integer, nullable=False),
        *moments,
        Column("keep_until", big, nullable=False),
        Column("why", String(60), nullable=False),
    )
    op.create_index("outbox_of_receiver", NEW, ["topic", "state", "receiver", "sequence"])
    op.create_index("outbox_expiring", NEW, ["topic", "state", "expires_at"])
    op.create_index("outbox_about", NEW, ["about", "created_at"])
    op.create_index("outbox_done", NEW, ["keep_until"])
