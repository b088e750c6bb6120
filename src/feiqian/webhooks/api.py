"""What merchants do with their endpoints under /v1, and which problem each error is there."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar.params import FromQuery, JSONBody

from feiqian.clock import microseconds
from feiqian.errors import FeiqianError
from feiqian.merchants.scopes import Scope
from feiqian.payments.api.merchants import Seconds
from feiqian.runtime.paging import Ask
from feiqian.web.v1.operations import Id, TheMerchant, TheServices, get, grouped, post
from feiqian.web.v1.problems import (
    CONFLICT,
    INVALID,
    NOT_FOUND,
    TOO_MANY_REQUESTS,
    FieldError,
    Kind,
    ProblemError,
    Told,
)
from feiqian.webhooks import errors
from feiqian.webhooks.endpoints import Wanted
from feiqian.webhooks.views import (
    STATUSES,
    Cursor,
    Deleted,
    DeliveryPage,
    DeliveryStatus,
    DeliveryWithAttempts,
    EndpointChange,
    EndpointList,
    EndpointView,
    EndpointWithSecret,
    EventPage,
    Limit,
    NewEndpoint,
    Queued,
    QueuedRange,
    ReplayRange,
    Rotation,
    at_or_none,
    delivery_view,
    heard_view,
    told_view,
    view,
    with_secret,
)

PROBLEMS: dict[type[FeiqianError], Kind] = {
    errors.EndpointNotFound: NOT_FOUND,
    errors.DeliveryNotFound: NOT_FOUND,
    errors.EndpointInvalid: INVALID,
    errors.EndpointKnown: CONFLICT,
    errors.EndpointsFull: CONFLICT,
    errors.EndpointDisabled: CONFLICT,
    errors.EndpointBusy: CONFLICT,
    errors.TooManyTests: TOO_MANY_REQUESTS,
}
_OF_ONE = (NOT_FOUND,)
_SENDING = (NOT_FOUND, CONFLICT)


@post(
    "/v1/webhook-endpoints",
    "createWebhookEndpoint",
    "Add an endpoint; its secret is shown once",
    problems=(CONFLICT,),
    scope=Scope.WEBHOOKS,
)
async def create_endpoint(
    data: JSONBody[NewEndpoint], merchant: TheMerchant, services: TheServices
) -> EndpointWithSecret:
    wanted = Wanted(data.url, tuple(data.events), data.description, data.email, data.language)
    endpoint, secret = await services.webhooks.endpoints.create(merchant.number, wanted)
    return with_secret(endpoint, secret)


@get("/v1/webhook-endpoints", "listWebhookEndpoints", "Your endpoints, and how they fare", scope=Scope.WEBHOOKS)
async def list_endpoints(merchant: TheMerchant, services: TheServices) -> EndpointList:
    endpoints = services.webhooks.endpoints
    found = await endpoints.all_of(merchant.number)
    return EndpointList([view(endpoint) for endpoint in found], list(endpoints.names()))


@get("/v1/webhook-endpoints/{id:str}", "getWebhookEndpoint", "An endpoint", problems=_OF_ONE, scope=Scope.WEBHOOKS)
async def get_endpoint(id: Id, merchant: TheMerchant, services: TheServices) -> EndpointView:
    return view(await services.webhooks.endpoints.get(merchant.number, id))


@post(
    "/v1/webhook-endpoints/{id:str}",
    "changeWebhookEndpoint",
    "Change an endpoint",
    problems=_SENDING,
    scope=Scope.WEBHOOKS,
)
async def change_endpoint(
    id: Id, data: JSONBody[EndpointChange], merchant: TheMerchant, services: TheServices
) -> EndpointView:
    endpoints = services.webhooks.endpoints
    now = await endpoints.get(merchant.number, id)
    changed = {name: value for name, value in msgspec.structs.asdict(data).items() if value is not None}
    enabled = changed.pop("enabled", None)
    if changed:
        before: dict[str, Any] = {name: getattr(now, name) for name in ("url", "events", "description", "email")}
        values = before | {"language": now.language} | changed
        now = await endpoints.change(merchant.number, id, Wanted(**values | {"events": tuple(values["events"])}))
    if enabled is not None and enabled is not now.enabled:
        now = await (endpoints.enable if enabled else endpoints.disable)(merchant.number, id)
    return view(now)


@post(
    "/v1/webhook-endpoints/{id:str}/delete",
    "deleteWebhookEndpoint",
    "Delete an endpoint",
    problems=_OF_ONE,
    scope=Scope.WEBHOOKS,
)
async def delete_endpoint(id: Id, merchant: TheMerchant, services: TheServices) -> Deleted:
    await services.webhooks.endpoints.delete(merchant.number, id)
    return Deleted(id)


@post(
    "/v1/webhook-endpoints/{id:str}/rotate",
    "rotateWebhookSecret",
    "Give an endpoint a new secret, which is shown once",
    description="Until the overlap ends each webhook has a signature by the new secret, and by each of those before "
    "(the newest three) that still signed. If the answer is lost, ask again.",
    problems=_OF_ONE,
    scope=Scope.WEBHOOKS,
)
async def rotate_secret(
    id: Id, data: JSONBody[Rotation], merchant: TheMerchant, services: TheServices
) -> EndpointWithSecret:
    endpoints = services.webhooks.endpoints
    secret = await endpoints.rotate(merchant.number, id, data.overlap_hours)
    return with_secret(await endpoints.get(merchant.number, id), secret)


@post(
    "/v1/webhook-endpoints/{id:str}/test",
    "testWebhookEndpoint",
    "Send a test event",
    problems=(*_SENDING, TOO_MANY_REQUESTS),
    scope=Scope.WEBHOOKS,
)
async def test_endpoint(id: Id, merchant: TheMerchant, services: TheServices) -> Queued:
    return Queued(await services.webhooks.health.test(merchant.number, id))


@get(
    "/v1/webhook-endpoints/{id:str}/deliveries",
    "listWebhookDeliveries",
    "What was sent to an endpoint, the newest first",
    problems=_OF_ONE,
    scope=Scope.WEBHOOKS,
)
async def list_deliveries(
    id: Id,
    merchant: TheMerchant,
    services: TheServices,
    status: FromQuery[DeliveryStatus | None] = None,
    limit: FromQuery[Limit] = 20,
    cursor: FromQuery[Cursor | None] = None,
) -> DeliveryPage:
    ask, wanted = Ask(before=cursor or ""), STATUSES[status] if status else None
    page = await services.webhooks.log.page(merchant.number, id, ask, limit, wanted)
    return DeliveryPage([delivery_view(one) for one in page.items], page.older or None)


@post(
    "/v1/webhook-endpoints/{id:str}/replay",
    "replayWebhooks",
    "Send again what happened in a time",
    description="Each event keeps its `webhook-id`. At most 500 are queued by one request: go on with `since`.",
    problems=_SENDING,
    scope=Scope.WEBHOOKS,
)
async def replay_range(
    id: Id, data: JSONBody[ReplayRange], merchant: TheMerchant, services: TheServices
) -> QueuedRange:
    since, until = microseconds(data.since), microseconds(data.until)
    queued, rest = await services.webhooks.log.replay_range(
        merchant.number, id, since, until, undelivered=data.undelivered_only
    )
    return QueuedRange(len(queued), at_or_none(rest))


@get(
    "/v1/webhook-deliveries/{id:str}",
    "getWebhookDelivery",
    "A delivery with its body and every answer",
    problems=_OF_ONE,
    scope=Scope.WEBHOOKS,
)
async def get_delivery(id: Id, merchant: TheMerchant, services: TheServices) -> DeliveryWithAttempts:
    return told_view(await services.webhooks.log.get(merchant.number, id))


@post(
    "/v1/webhook-deliveries/{id:str}/replay",
    "replayWebhook",
    "Send an event again",
    problems=_SENDING,
    scope=Scope.WEBHOOKS,
)
async def replay(id: Id, merchant: TheMerchant, services: TheServices) -> Queued:
    return Queued(await services.webhooks.log.replay(merchant.number, id))


@get(
    "/v1/webhook-events",
    "listWebhookEvents",
    "What webhooks say, for a machine that none reaches",
    description="For developing: `python -m feiqian_client listen` asks this, and forwards what it is told. Without "
    "`after` it says where the next event will be: go on with `next` from there, and `wait`. Events are kept for "
    "7 days, from when you first ask until 7 days after you last did. Of one merchant 4 requests wait at once; more "
    "are answered without waiting.",
    scope=Scope.WEBHOOKS,
)
async def list_events(
    merchant: TheMerchant,
    services: TheServices,
    after: FromQuery[Cursor | None] = None,
    limit: FromQuery[Limit] = 20,
    wait: FromQuery[Seconds] = 0,
) -> EventPage:
    return heard_view(await services.webhooks.listening.after(merchant.number, after, limit, wait))


def _field(problem: ProblemError, error: errors.EndpointInvalid) -> None:
    problem.errors = (FieldError(error.field, str(error)),)


TOLD: dict[type[FeiqianError], Told] = {errors.EndpointInvalid: _field}
OPERATIONS = grouped(
    "Webhooks",
    "Your systems are told of payments and orders: each event is a POST, signed as Standard Webhooks says, and sent "
    "until you answer 2xx: again after 5 s, 5 min, 30 min, 2, 5, 10, 14, 20 and 24 h. Check the signature and that "
    "`webhook-timestamp` is of the last five minutes; events of one object come in order, and may come twice, with the "
    "same `webhook-id`.",
    create_endpoint,
    list_endpoints,
    get_endpoint,
    change_endpoint,
    delete_endpoint,
    rotate_secret,
    test_endpoint,
    list_deliveries,
    replay_range,
    get_delivery,
    replay,
    list_events,
)
