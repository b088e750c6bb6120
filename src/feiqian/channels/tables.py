"""The table of services: one row for each channel that a customer ever requested. The audit log has what happened."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table

from feiqian.channels.model import BankingChannel, Reason, ServiceState
from feiqian.columns import Word
from feiqian.db import BIG, METADATA

channel_services = Table(
    "channels_services",
    METADATA,
    Column("customer", BIG, ForeignKey("customers.number"), primary_key=True, autoincrement=False),
    Column("channel", Word(BankingChannel, 10), primary_key=True),
    Column("id", String(36), nullable=False, unique=True),  # of the newest request: another one has another
    Column("state", Word(ServiceState, 10), nullable=False),
    Column("reason", Word(Reason, 10), nullable=False),  # "": it was not refused
    Column("requested_at", BIG, nullable=False),
    Column("changed_at", BIG, nullable=False),
    Column("counted_since", BIG, nullable=False),  # requests are counted by days from here on
    Column("requests", Integer, nullable=False),
    Index("channels_services_waiting", "state", "requested_at", "id"),
)
