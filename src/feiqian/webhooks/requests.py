"""What merchants' systems ask under /v1, each in one transaction and, with an `Idempotency-Key`, once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection

from feiqian.clock import microseconds
from feiqian.ids import MerchantNumber
from feiqian.webhooks.endpoints import Endpoints, Wanted
from feiqian.webhooks.health import Health
from feiqian.webhooks.kept_answers import Asked, KeptAnswers
from feiqian.webhooks.log import Log
from feiqian.webhooks.model import Endpoint
from feiqian.webhooks.views import (
    Deleted,
    EndpointChange,
    EndpointView,
    EndpointWithSecret,
    NewEndpoint,
    Queued,
    QueuedRange,
    ReplayRange,
    Rotation,
    at_or_none,
    view,
    with_secret,
)


@dataclass(kw_only=True, eq=False, repr=False)
class Requests:
    """Of all merchants of one bank. `key` is the request's `Idempotency-Key`, or "". Each raises what the rule raises
    that it calls, and what `KeptAnswers.once` does."""

    endpoints: Endpoints
    health: Health
    log: Log
    kept: KeptAnswers

    async def create(self, merchant: MerchantNumber, key: str, content: NewEndpoint) -> EndpointWithSecret:
        wanted = Wanted(content.url, tuple(content.events), content.description, content.email, content.language)

        def create(connection: Connection) -> EndpointWithSecret:
            return with_secret(*self.endpoints.create.within(connection, merchant, wanted))

        asked = Asked(merchant, key, "create", content=content, secret=True)
        return await self.kept.once(asked, EndpointWithSecret, create)

    async def change(self, merchant: MerchantNumber, key: str, id: str, content: EndpointChange) -> EndpointView:
        def change(connection: Connection) -> EndpointView:
            return view(self._changed(connection, merchant, id, content))

        return await self.kept.once(Asked(merchant, key, "change", id, content), EndpointView, change)

    def _changed(self, connection: Connection, merchant: MerchantNumber, id: str, content: EndpointChange) -> Endpoint:
        endpoints = self.endpoints
        now = endpoints.get.within(connection, merchant, id)
        changed = {name: value for name, value in msgspec.structs.asdict(content).items() if value is not None}
        enabled = changed.pop("enabled", None)
        if changed:
            before: dict[str, Any] = {name: getattr(now, name) for name in Wanted.__dataclass_fields__}
            values = before | changed
            now = endpoints.change.within(
                connection, merchant, id, Wanted(**values | {"events": tuple(values["events"])})
            )
        if enabled is not None and enabled is not now.enabled:
            now = (endpoints.enable if enabled else endpoints.disable).within(connection, merchant, id)
        return now

    async def delete(self, merchant: MerchantNumber, key: str, id: str) -> Deleted:
        def delete(connection: Connection) -> Deleted:
            self.endpoints.delete.within(connection, merchant, id)
            return Deleted(id)

        return await self.kept.once(Asked(merchant, key, "delete", id), Deleted, delete)

    async def rotate(self, merchant: MerchantNumber, key: str, id: str, content: Rotation) -> EndpointWithSecret:
        def rotate(connection: Connection) -> EndpointWithSecret:
            secret = self.endpoints.rotate.within(connection, merchant, id, content.overlap_hours)
            return with_secret(self.endpoints.get.within(connection, merchant, id), secret)

        return await self.kept.once(Asked(merchant, key, "rotate", id, content, True), EndpointWithSecret, rotate)

    async def test(self, merchant: MerchantNumber, key: str, id: str) -> Queued:
        def test(connection: Connection) -> Queued:
            return Queued(self.health.test.within(connection, merchant, id))

        return await self.kept.once(Asked(merchant, key, "test", id), Queued, test)

    async def replay(self, merchant: MerchantNumber, key: str, id: str) -> Queued:
        def replay(connection: Connection) -> Queued:
            return Queued(self.log.replay.within(connection, merchant, id))

        return await self.kept.once(Asked(merchant, key, "replay", id), Queued, replay)

    async def replay_range(self, merchant: MerchantNumber, key: str, id: str, content: ReplayRange) -> QueuedRange:
        since, until = microseconds(content.since), microseconds(content.until)

        def replay(connection: Connection) -> QueuedRange:
            queued, rest = self.log.replay_range.within(
                connection, merchant, id, since, until, undelivered=content.undelivered_only
            )
            return QueuedRange(len(queued), at_or_none(rest))

        return await self.kept.once(Asked(merchant, key, "replay_range", id, content), QueuedRange, replay)
