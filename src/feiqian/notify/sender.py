"""Sends queued messages by one channel: what the outbox holds of a message, and how it becomes words again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection

from feiqian.clock import DAY, MICROSECONDS, Clock
from feiqian.field_cipher import FieldCipher
from feiqian.notify.errors import AddressGone
from feiqian.notify.model import Adapter, Channel, Message, Outgoing
from feiqian.notify.render import page_of, words_of
from feiqian.outbox.model import Claimed, Delivery, Ended, Schedule, Topic
from feiqian.subjects import Role, Subject

AT_ONCE = 8
KEEP_DEAD = 7 * DAY
# Until it expires; `repeated`, because nothing of a message is better than late, and a notice is worth a day.
SCHEDULE = Schedule((2, 4, 8, 16, 32, 64, 128, 256, 300), repeated=True)

Gone = Callable[[Connection, Message], None]


class _Payload(msgspec.Struct):
    address: str
    values: dict[str, str]


def delivery_of(cipher: FieldCipher, message: Message, id: str, *, in_order: bool, once: str = "") -> Delivery:
    """What is queued. With `in_order` it waits for what was queued before to the same address."""
    receiver = cipher.blind_index(message.address, "outbox/receiver").hex()[:32]
    return Delivery(
        id=id,
        topic=message.channel.value,
        kind=message.kind,
        receiver=receiver if in_order else "",
        about=str(message.to),
        payload=msgspec.json.encode(_Payload(message.address, dict(message.values))),
        expires_at=message.expires_at,
        headers={"language": message.language},
        once=f"{once}/{message.channel}/{receiver}" if once else "",
    )


def message_of(claimed: Claimed) -> Message:
    """What was queued."""
    plain = msgspec.json.decode(claimed.payload, type=_Payload)
    role, _, number = claimed.about.partition(":")
    to, channel, language = Subject(Role(role), int(number)), Channel(claimed.topic), claimed.headers["language"]
    return Message(to, channel, plain.address, claimed.kind, language, plain.values, expires_at=claimed.expires_at)


@dataclass(frozen=True, slots=True)
class ChannelSender:
    """Hands messages to an adapter, in words."""

    adapter: Adapter
    clock: Clock

    async def send(self, claimed: Claimed) -> None:
        message = message_of(claimed)
        words = words_of(message)
        left = max(0, message.expires_at - self.clock.now()) // MICROSECONDS
        about = (claimed.id, message.to, message.channel, message.address, message.kind, message.language)
        await self.adapter.send(Outgoing(*about, words.subject, words.text, left, page_of(message)))

    async def close(self) -> None:
        await self.adapter.close()


def topic_of(channel: Channel, adapter: Adapter, clock: Clock, gone: Gone | None) -> Topic:
    """What the outbox has to know of a channel. `gone` hears of addresses that are no more."""

    def noted(connection: Connection, claimed: Claimed, ended: Ended) -> None:
        if isinstance(ended.error, AddressGone) and gone is not None:
            gone(connection, message_of(claimed))

    return Topic(channel.value, ChannelSender(adapter, clock), SCHEDULE, AT_ONCE, KEEP_DEAD, noted=noted)
