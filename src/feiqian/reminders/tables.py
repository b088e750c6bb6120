"""The tables of reminders: what was chosen, what is told together later, and how much each person was told lately."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, String, Table

from feiqian.columns import Word, Words
from feiqian.db import BIG, METADATA
from feiqian.notify.model import Channel
from feiqian.reminders.model import Why

choices = Table(
    "reminders_choices",
    METADATA,
    Column("account", LargeBinary(16), primary_key=True),  # of the ledger
    Column("customer", BIG, ForeignKey("customers.number"), nullable=False, index=True),
    Column("name", String(36), nullable=False),  # the id of a deposit account, or "wallet"
    Column("currency", Integer, nullable=False),
    Column("channels", Words(Channel, 20), nullable=False),
    Column("threshold", BIG, nullable=False),  # minor units
    Column("quiet_since", Integer),  # minutes of the day; NULL: no quiet hours
    Column("quiet_until", Integer),
)
bundles = Table(
    "reminders_bundles",
    METADATA,
    Column("account", LargeBinary(16), primary_key=True),
    Column("why", Word(Why, 8), nullable=False),
    Column("movements", BIG, nullable=False),
    Column("credited", BIG, nullable=False),  # sums of its movements, in minor units
    Column("debited", BIG, nullable=False),
    Column("balance", BIG, nullable=False),  # after the last of them
    Column("first_at", BIG, nullable=False),
    Column("last_at", BIG, nullable=False),
    Column("position", BIG, nullable=False),  # where the last of them stands in the journal
    Column("number", Integer, nullable=False),
    Column("due_at", BIG, nullable=False, index=True),
)
rates = Table(
    "reminders_rates",
    METADATA,
    Column("customer", BIG, primary_key=True, autoincrement=False),
    Column("since", BIG, nullable=False),  # Unix microseconds
    Column("told", Integer, nullable=False),  # messages since then
)
