"""Version 12: merchants' API keys have ids, names, scopes, an end, a last use, and who made and revoked them.

Keys of before may do all that there was, have no end, and were made and revoked with the machine in hand.
"""

from uuid import uuid4

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, String, text

from feiqian.migrations.steps import add_column, add_index, has_table

revision, down_revision = "0012", "0011"

KEYS = "api_keys"
SCOPES = "payments:read payments:write orders:read orders:write refunds:write webhooks reports:read"


def upgrade() -> None:
    """Add the columns, fill in what old keys are, and index them."""
    big = BigInteger().with_variant(Integer, "sqlite")
    for name, length in (("id", 36), ("name", 60), ("scopes", 200), ("made_role", 10), ("revoked_role", 10)):
        add_column(KEYS, Column(name, String(length), nullable=False, server_default=""))
    for name in ("expires_at", "used_at", "made_number", "revoked_number"):
        add_column(KEYS, Column(name, big, nullable=False, server_default="0"))
    if has_table(KEYS):
        _fill_in()
    add_index(KEYS, "api_keys_id", "id", unique=True)
    add_index(KEYS, "api_keys_merchant", "merchant", "created_at", "id")


def _fill_in() -> None:
    connection = op.get_bind()
    scopes = text(f"UPDATE {KEYS} SET scopes = :scopes, made_role = 'staff' WHERE id = ''")
    connection.execute(scopes, {"scopes": SCOPES})
    op.execute(f"UPDATE {KEYS} SET revoked_role = 'staff' WHERE id = '' AND revoked_at IS NOT NULL")
    for (hash,) in list(connection.execute(text(f"SELECT hash FROM {KEYS} WHERE id = ''"))):
        random = uuid4().hex
        id = f"key_{random[:12]}7{random[13:]}"  # as ids are shaped
        connection.execute(text(f"UPDATE {KEYS} SET id = :id WHERE hash = :hash"), {"id": id, "hash": hash})
