"""What was sold. A sale has its number before the bank hears of it; what the bank says is kept if it is newer."""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
import time
from pathlib import Path
from typing import NamedTuple

SCHEMA = """
CREATE TABLE IF NOT EXISTS sale (
    number TEXT PRIMARY KEY,
    token TEXT NOT NULL UNIQUE,
    basket TEXT NOT NULL,
    amount INTEGER NOT NULL,
    language TEXT NOT NULL,
    bank_order TEXT NOT NULL DEFAULT '',
    version INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'new',
    refunded INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS parcel (number TEXT PRIMARY KEY REFERENCES sale) STRICT;
"""
OPEN = ("new", "pending", "authorised")
LONGEST_OPEN_SECONDS = 3 * 86_400


class Sale(NamedTuple):
    """`amount` and `refunded` in minor units; `token` is in the customer's address, and is not to be guessed. `state`:
    new (the bank may not know of it), or an outcome of the bank's."""

    number: str
    token: str
    basket: dict[str, int]
    amount: int
    language: str
    bank_order: str
    version: int
    state: str
    refunded: int
    created_at: int


class Sales:
    """In one file. Threads may share it."""

    def __init__(self, file: Path) -> None:
        self._db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.executescript(SCHEMA)
        self._lock = threading.Lock()

    def add(self, basket: dict[str, int], amount: int, language: str) -> Sale:
        """A new one, with a number that it keeps."""
        number, token = f"tea-{secrets.token_hex(6)}", secrets.token_urlsafe(18)
        row = (number, token, json.dumps(basket), amount, language, int(time.time()))
        with self._lock:
            self._db.execute(
                "INSERT INTO sale (number, token, basket, amount, language, created_at) VALUES (?, ?, ?, ?, ?, ?)", row
            )
        return self.by("token", token)  # type: ignore[return-value]

    def by(self, column: str, value: str) -> Sale | None:
        """The sale whose number, token or bank_order this is."""
        assert column in Sale._fields
        found = self._select(f"WHERE {column} = ?", value)
        return found[0] if found else None

    def open(self) -> list[Sale]:
        """Those of which the bank may say more; of the last days only, as no order is open for longer."""
        since = int(time.time()) - LONGEST_OPEN_SECONDS
        return self._select("WHERE state IN (?, ?, ?) AND created_at > ?", *OPEN, since)

    def learn(self, number: str, bank_order: str, version: int, state: str, refunded: int) -> None:
        """Writes down what the bank says, if it is newer than what is known; a sale that is paid gets one parcel."""
        with self._lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute(
                "UPDATE sale SET bank_order = ?, version = ?, state = ?, refunded = ? WHERE number = ? AND version < ?",
                (bank_order, version, state, refunded, number, version),
            )
            self._db.execute(
                "INSERT OR IGNORE INTO parcel SELECT number FROM sale WHERE number = ? AND state = 'paid'", (number,)
            )

    def parcels(self) -> list[str]:
        """The numbers of the sales that are to be packed."""
        with self._lock:
            return [number for (number,) in self._db.execute("SELECT number FROM parcel")]

    def _select(self, where: str, *values: object) -> list[Sale]:
        with self._lock:
            rows = self._db.execute(f"SELECT * FROM sale {where}", values).fetchall()
        return [Sale(number, token, json.loads(basket), *rest) for number, token, basket, *rest in rows]
