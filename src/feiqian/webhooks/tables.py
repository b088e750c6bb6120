"""Endpoints, events, attempts, what listeners hear, facts that later ones refer to, and requests with a key.

Deliveries are the outbox's. Secrets, what receivers answer, and what we answered are sealed.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from feiqian.columns import Sealed, Word
from feiqian.db import BIG, METADATA
from feiqian.webhooks.model import Checks, Why

SECRET, OLD_SECRET = Sealed("webhooks_endpoints/secret"), Sealed("webhooks_endpoints/old_secret")
ANSWER = Sealed("webhooks_attempts/answer")
KEPT_ANSWER = Sealed("webhooks_requests/answer")
endpoints = Table(
    "webhooks_endpoints",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("merchant", BIG, ForeignKey("merchants.number"), nullable=False),
    Column("url", String(1_000), nullable=False),
    Column("events", String(1_400), nullable=False),  # with commas between
    Column("description", String(100), nullable=False),
    Column("email", String(254), nullable=False),  # "": nobody is told
    Column("language", String(2), nullable=False),
    Column("secret", SECRET, nullable=False),
    Column("old_secret", OLD_SECRET),
    Column("old_secret_until", BIG, nullable=False),  # 0: there is none
    Column("disabled", Word(Why, 10), nullable=False),  # "": it is enabled
    Column("checks", Word(Checks, 10), nullable=False),  # "": not known
    Column("probe_at", BIG, nullable=False),  # when it is probed next
    Column("failing_since", BIG, nullable=False),  # 0: what was sent last arrived
    Column("failure", String(60), nullable=False),
    Column("delivered_at", BIG, nullable=False),  # 0: never
    Column("told_at", BIG, nullable=False),  # when somebody was last told that it fails; 0: not since it worked
    Column("created_at", BIG, nullable=False),
    Index("webhooks_endpoints_of", "merchant", "created_at", "id"),
    Index("webhooks_endpoints_probed", "probe_at"),
)
events = Table(
    "webhooks_events",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("merchant", BIG, nullable=False),
    Column("type", String(40), nullable=False),
    Column("object", String(36), nullable=False),
    Column("position", BIG, nullable=False),  # of its fact in the journal; 0: of none
    Column("data", LargeBinary, nullable=False),  # JSON
    Column("at", BIG, nullable=False),
    Column("keep_until", BIG, nullable=False),
    Index("webhooks_events_of", "merchant", "at", "id"),
    Index("webhooks_events_of_object", "object", "position"),
    Index("webhooks_events_kept", "keep_until"),
)
attempts = Table(
    "webhooks_attempts",
    METADATA,
    Column("number", BIG, primary_key=True, autoincrement=True),
    Column("delivery", String(36), nullable=False),
    Column("at", BIG, nullable=False),
    Column("milliseconds", Integer, nullable=False),
    Column("status", Integer, nullable=False),
    Column("why", String(60), nullable=False),
    Column("answer", ANSWER, nullable=False),
    Column("false_signature", Boolean, nullable=False),
    Index("webhooks_attempts_of", "delivery", "number"),
    Index("webhooks_attempts_at", "at"),
)
heard = Table(
    "webhooks_heard",
    METADATA,
    Column("number", BIG, primary_key=True, autoincrement=True),  # the order in which listeners read
    Column("merchant", BIG, nullable=False),
    Column("event", String(36), nullable=False, unique=True),
    Column("at", BIG, nullable=False),  # when it was told
    Index("webhooks_heard_of", "merchant", "number"),
    Index("webhooks_heard_at", "at"),
)
listeners = Table(
    "webhooks_listeners",
    METADATA,
    Column("merchant", BIG, ForeignKey("merchants.number"), primary_key=True),
    Column("until", BIG, nullable=False),  # so long events are kept for whoever listens
)
requests = Table(
    "webhooks_requests",
    METADATA,
    Column("merchant", BIG, ForeignKey("merchants.number"), primary_key=True),
    Column("key", String(64), primary_key=True),  # its `Idempotency-Key`
    Column("content", LargeBinary(16), nullable=False),  # by which the same request is known
    Column("answer", KEPT_ANSWER),  # NULL: no longer kept
    Column("answer_until", BIG, nullable=False, index=True),
    Column("keep_until", BIG, nullable=False, index=True),
)
facts = Table(
    "webhooks_facts",
    METADATA,
    Column("id", String(36), primary_key=True),  # of what it is about
    Column("fact", LargeBinary, nullable=False),
    Column("keep_until", BIG, nullable=False, index=True),
)
