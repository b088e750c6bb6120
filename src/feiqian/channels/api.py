"""A customer's services of channels under /v1, and which problem each error of theirs is."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar.params import JSONBody

from feiqian.channels.errors import ReasonMissing, ServiceNotFound, ServiceStateDiffers, TooManyRequests
from feiqian.channels.model import BankingChannel, Reason, Service, ServiceState
from feiqian.clock import moment
from feiqian.errors import FeiqianError
from feiqian.web.v1.operations import TheServices, TheSession, get, grouped, post
from feiqian.web.v1.problems import CONFLICT, INVALID, NOT_FOUND, TOO_MANY_REQUESTS, Kind

PROBLEMS: dict[type[FeiqianError], Kind] = {
    ServiceNotFound: NOT_FOUND,
    ServiceStateDiffers: CONFLICT,
    TooManyRequests: TOO_MANY_REQUESTS,
    ReasonMissing: INVALID,
}

Channel = Annotated[Literal["internet", "mobile", "telephone"], msgspec.Meta(examples=["telephone"])]


class ServiceShown(msgspec.Struct, frozen=True):
    """A channel of the bank. `state` is null for one that was never requested; `reason` says why one was refused."""

    channel: BankingChannel
    state: ServiceState | None
    reason: Reason | None
    changed_at: datetime | None


class ServiceList(msgspec.Struct, frozen=True):
    """All channels that there are."""

    data: list[ServiceShown]


class WhichService(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """By its channel."""

    channel: Channel


@get("/v1/me/services", "listServices", "The bank's channels, and which of them are open to you", who="customer")
async def list_services(session: TheSession, services: TheServices) -> ServiceList:
    found = await services.channels.of(session.subject.customer)
    return ServiceList([_shown(channel, found.get(channel)) for channel in BankingChannel])


@post(
    "/v1/me/services/request",
    "requestService",
    "Request a channel of the bank; its staff decide",
    who="customer",
    problems=(CONFLICT, TOO_MANY_REQUESTS),
)
async def request_service(data: JSONBody[WhichService], session: TheSession, services: TheServices) -> ServiceShown:
    channel = BankingChannel(data.channel)
    return _shown(channel, await services.channels.request(session.subject.customer, channel))


@post(
    "/v1/me/services/close",
    "closeService",
    "Close a channel, or take its request back",
    who="customer",
    problems=(NOT_FOUND, CONFLICT),
)
async def close_service(data: JSONBody[WhichService], session: TheSession, services: TheServices) -> ServiceShown:
    channel = BankingChannel(data.channel)
    return _shown(channel, await services.channels.close(session.subject.customer, channel))


def _shown(channel: BankingChannel, service: Service | None) -> ServiceShown:
    if service is None:
        return ServiceShown(channel, None, None, None)
    return ServiceShown(channel, service.state, service.reason, moment(service.changed_at))


OPERATIONS = grouped(
    "Services",
    "A customer requests the bank's channels, sees what became of it, and closes them.",
    list_services,
    request_service,
    close_service,
)
