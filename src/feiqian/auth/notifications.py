"""Telling customers on every channel they have, in their language; and the low limits that follow some news."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from babel.dates import format_datetime
from sqlalchemy import Connection

from feiqian.auth.dependencies import Dependencies
from feiqian.clock import MICROSECONDS
from feiqian.db import after_commit
from feiqian.ids import CustomerNumber
from feiqian.subjects import customer

HOUR = 3_600 * MICROSECONDS
_LOCALES = {"en": "en_GB", "zh": "zh_Hans_CN", "es": "es_ES"}


def tell(
    parts: Dependencies,
    connection: Connection,
    number: CustomerNumber,
    kind: str,
    now: int,
    values: Mapping[str, str] | None = None,
) -> None:
    """Queues the message in the caller's transaction, for every channel that the customer has."""
    contacts = parts.customers.contacts(connection, customer(number))
    if contacts is not None:
        parts.notify.tell(connection, contacts, kind, values or {}, now)


def tell_changed(parts: Dependencies, connection: Connection, number: CustomerNumber, what: str, now: int) -> None:
    """That something was changed: one of the words of the texts "message.what."."""
    tell(parts, connection, number, "changed", now, {"what": what})


def cool(parts: Dependencies, connection: Connection, number: CustomerNumber, now: int) -> None:
    """Low limits for the policy's time, from the caller's commit on."""
    parts.customers.profiles.cool(connection, number, now + parts.policy.cooling.hours * HOUR)
    after_commit(connection, partial(parts.customers.take_up, number))


def moment(parts: Dependencies, language: str, now: int) -> str:
    """The time as it is told in a message, in the bank's time zone."""
    local = datetime.fromtimestamp(now / MICROSECONDS, parts.zone)
    return format_datetime(local, "medium", locale=_LOCALES.get(language, "en_GB"))
