"""Opens the data key that belongs to a bank's database: a lost or exchanged key is refused, never made anew.

The database keeps a mark that only the right key makes. Without a mark nothing has been sealed yet, and a key is made.
"""

from __future__ import annotations

import hmac
from pathlib import Path

from sqlalchemy import Column, Integer, LargeBinary, Table, insert, select

from feiqian.db import METADATA, BankDb
from feiqian.field_cipher import DataKeyInvalid, FieldCipher, open_data_key

_ONLY = 1
_mark = Table(
    "bank_data_key",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("mark", LargeBinary(16), nullable=False),
)


def data_key_of(db: BankDb, path: Path) -> FieldCipher:
    """The cipher of this database. Raises DataKeyInvalid if the key is missing, or is another one."""
    with db.write() as connection:
        kept = connection.execute(select(_mark.c.mark)).scalar()
        cipher = open_data_key(path, create=kept is None)
        mark = cipher.blind_index("", "data-key")
        if kept is None:
            connection.execute(insert(_mark).values(id=_ONLY, mark=mark))
        elif not hmac.compare_digest(kept, mark):
            raise DataKeyInvalid(f"{path} is not the key that this bank's data was sealed with")
    return cipher
