"""Messages to people: what is queued, where it goes, what adapters are handed. Reprs show no address and no value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from sqlalchemy import Connection

from feiqian.subjects import Subject

FIRST_PAGE = "/wallet"


class Channel(StrEnum):
    """How a message travels."""

    SMS = "sms"
    EMAIL = "email"
    PUSH = "push"


class Audience(StrEnum):
    """Who had a code sent. Each has caps of its own, so that nobody uses up those of the others."""

    CUSTOMER = "customer"  # has proved something: a password, a session
    RECOVERY = "recovery"  # has given a customer's identity details and proved nothing yet
    STRANGER = "stranger"  # registers: any number at all


@dataclass(frozen=True, slots=True)
class Message:
    """One message for one address, said by the text `message.<kind>.text` with these values.

    `address`: a number in E.164, an e-mail address, or a browser's push subscription (its JSON). `secret`: it carries
    a code, so it is counted and capped, for its `audience`. `expires_at`: Unix microseconds; 0 is a default, by whether
    it is secret.
    """

    to: Subject
    channel: Channel
    address: str = field(repr=False)
    kind: str
    language: str
    values: Mapping[str, str] = field(repr=False, default_factory=dict)
    secret: bool = False
    expires_at: int = 0
    audience: Audience = Audience.CUSTOMER


@dataclass(frozen=True, slots=True)
class Contacts:
    """Where somebody can be reached, and in which language. Empty is none."""

    subject: Subject
    mobile: str = field(repr=False)
    email: str = field(repr=False)
    push: tuple[str, ...] = field(repr=False)
    language: str


class KnowsContacts(Protocol):
    """Whoever keeps people's addresses."""

    def contacts(self, connection: Connection, subject: Subject) -> Contacts | None: ...


@dataclass(frozen=True, slots=True)
class Worded:
    """A message in words: a text, with a subject line where the channel has one."""

    id: str
    to: Subject
    channel: Channel
    address: str = field(repr=False)
    kind: str
    language: str
    subject: str = field(repr=False)
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outgoing(Worded):
    """What an adapter sends. `seconds_left`: of its use. `path`: of the bank's page that shows what it is about."""

    seconds_left: int
    path: str = FIRST_PAGE


@dataclass(frozen=True, slots=True)
class Delivered(Worded):
    """A message as it would have arrived, kept in the inbox of a bank in test mode. `at` in Unix microseconds."""

    at: int


class Adapter(Protocol):
    """Sends by one channel. Must be safe to call many times at once."""

    async def send(self, outgoing: Outgoing) -> None:
        """Returns once the other side has taken it. Raises SendingFailed, SendingRefused, AddressGone.

        Anything else that it raises counts as not sent now, and is tried again.
        """
        ...

    async def close(self) -> None:
        """Ends what is open."""
        ...
