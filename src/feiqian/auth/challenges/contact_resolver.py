"""Where somebody can be reached, by whom a code is sent, and who is told of a lock. All functions block.

A code for nobody, for somebody without this channel, or of a hopeless challenge, does the same work and leaves nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection

from feiqian.auth.challenges.model import Lock
from feiqian.auth.challenges.store import Challenge
from feiqian.clock import MINUTE
from feiqian.notify.errors import SendingCapped
from feiqian.notify.mail_addresses import shown
from feiqian.notify.model import Audience, Channel, Contacts, KnowsContacts, Message
from feiqian.policy.factors import Factor, Purpose
from feiqian.runtime import logs
from feiqian.subjects import Role, Subject

if TYPE_CHECKING:
    from feiqian.notify.service import Notify

CHANNELS = {Factor.SMS: Channel.SMS, Factor.EMAIL: Channel.EMAIL}
_PRETENDED = {Factor.SMS: "+8613800000000", Factor.EMAIL: "nobody@localhost"}
_SHOWN = 4  # last digits of a number
_log = logs.get("feiqian.verification")


class ContactResolver:
    """`people` knows the addresses, `notify` sends."""

    def __init__(self, notify: Notify, people: KnowsContacts) -> None:
        self._notify, self._people = notify, people
        self._of_role: dict[Role, KnowsContacts] = {}

    def ask_of(self, role: Role, people: KnowsContacts) -> None:
        """Of this role it is `people` who know the addresses."""
        self._of_role[role] = people

    def contacts(self, connection: Connection, subject: Subject) -> Contacts | None:
        found = self._of_role.get(subject.role, self._people).contacts(connection, subject)
        return None if subject.role is Role.NOBODY else found

    def channels(self, connection: Connection, subject: Subject) -> frozenset[Factor]:
        """By which of SMS and e-mail a code can reach them."""
        contacts = self.contacts(connection, subject)
        return frozenset(factor for factor in CHANNELS if address_of(contacts, factor))

    def masked(self, connection: Connection, subject: Subject) -> dict[Factor, str]:
        """As much of each address as its owner needs."""
        contacts = self.contacts(connection, subject)
        return {factor: mask(address) for factor in CHANNELS if (address := address_of(contacts, factor))}

    def send(
        self, connection: Connection, challenge: Challenge, factor: Factor, code: str, audience: Audience, now: int
    ) -> None:
        """Queues a code with what it confirms. Raises SendingCapped, but not where that would tell who is known."""
        address = address_of(self.contacts(connection, challenge.subject), factor)
        minutes = max(1, (challenge.expires_at - now) // MINUTE)
        message = Message(
            to=challenge.subject,
            channel=CHANNELS[factor],
            address=address or _PRETENDED[factor],
            kind="code",
            language=challenge.language,
            values={"code": code, "text": challenge.summary, "minutes": str(minutes)},
            secret=True,
            expires_at=challenge.expires_at,
            audience=audience,
        )
        quiet = challenge.by_stranger and challenge.purpose is not Purpose.CONFIRM_MOBILE
        savepoint = connection.begin_nested()
        try:
            self._notify.queue(connection, message, now)
        except SendingCapped:
            savepoint.rollback()
            if address and not quiet:
                raise
            _log.warning("code_not_sent", challenge=challenge.id, why="capped")
            return
        savepoint.commit() if address and not challenge.hopeless else savepoint.rollback()

    def entered(self, connection: Connection, subject: Subject, factor: Factor, now: int) -> None:
        """A code that was sent has come back."""
        if address := address_of(self.contacts(connection, subject), factor):
            self._notify.code_entered(connection, address, now)

    def tell_locked(self, connection: Connection, lock: Lock, now: int) -> None:
        """Tells the owner on every channel that somebody (perhaps they) has answered wrongly too often."""
        if contacts := self.contacts(connection, lock.subject):
            minutes = -(-(lock.until - now) // MINUTE)
            kind = "locked_device" if lock.place else "locked"
            self._notify.tell(connection, contacts, kind, {"minutes": str(minutes)}, now)


def audience_of(challenge: Challenge) -> Audience:
    """Who has a code sent: a stranger, as long as nothing was proved."""
    if not challenge.by_stranger:
        return Audience.CUSTOMER
    return Audience.STRANGER if challenge.purpose is Purpose.CONFIRM_MOBILE else Audience.RECOVERY


def address_of(contacts: Contacts | None, factor: Factor) -> str:
    """The address that a factor's codes go to, or ""."""
    if contacts is None:
        return ""
    return {Factor.SMS: contacts.mobile, Factor.EMAIL: contacts.email}.get(factor, "")


def mask(address: str) -> str:
    """ "•••5678" of a number, "l•••@example.com" of an e-mail address."""
    name, at, host = shown(address).rpartition("@")
    return f"{name[:1]}•••@{host}" if at else f"•••{address[-_SHOWN:]}"
