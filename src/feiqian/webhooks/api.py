"""What merchants do with their endpoints under /v1, and which problem each error is there."""

from __future__ import annotations

from litestar.params import FromQuery, JSONBody

from feiqian.errors import FeiqianError
from feiqian.merchants.scopes import Scope
from feiqian.payments.api.merchants import Seconds
from feiqian.runtime.paging import Ask
from feiqian.web.v1.operations import Id, TheKey, TheMerchant, TheServices, get, grouped, post
from feiqian.web.v1.problems import (
    CONFLICT,
    ID_REUSED,
    INVALID,
    NOT_FOUND,
    TOO_MANY_REQUESTS,
    FieldError,
    Kind,
    ProblemError,
    Told,
)
from feiqian.webhooks import errors
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
    delivery_view,
    heard_view,
    told_view,
    view,
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
    errors.TooManyKeys: TOO_MANY_REQUESTS,
    errors.AnswerNotKept: CONFLICT,
}
_OF_ONE = (NOT_FOUND,)
_KEYED = (ID_REUSED, TOO_MANY_REQUESTS)
_CHANGING = (NOT_FOUND, CONFLICT, *_KEYED)
_SHOWN_AGAIN = "Sent again with its `Idempotency-Key` it shows the same secret, within an hour."


@post(
    "/v1/webhook-endpoints",
    "createWebhookEndpoint",
    "Add an endpoint; its secret is shown once",
    description=f"{_SHOWN_AGAIN} Later rotate its secret.",
    problems=(CONFLICT, *_KEYED),
    scope=Scope.WEBHOOKS,
)
async def create_endpoint(
    data: JSONBody[NewEndpoint], merchant: TheMerchant, services: TheServices, idempotency_key: TheKey
) -> EndpointWithSecret:
    return await services.webhooks.requests.create(merchant.number, idempotency_key, data)


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
    problems=_CHANGING,
    scope=Scope.WEBHOOKS,
)
async def change_endpoint(
    id: Id, data: JSONBody[EndpointChange], merchant: TheMerchant, services: TheServices, idempotency_key: TheKey
) -> EndpointView:
    return await services.webhooks.requests.change(merchant.number, idempotency_key, id, data)


@post(
    "/v1/webhook-endpoints/{id:str}/delete",
    "deleteWebhookEndpoint",
    "Delete an endpoint",
    problems=_CHANGING,
    scope=Scope.WEBHOOKS,
)
async def delete_endpoint(id: Id, merchant: TheMerchant, services: TheServices, idempotency_key: TheKey) -> Deleted:
    return await services.webhooks.requests.delete(merchant.number, idempotency_key, id)


@post(
    "/v1/webhook-endpoints/{id:str}/rotate",
    "rotateWebhookSecret",
    "Give an endpoint a new secret, which is shown once",
    description="Until the overlap ends each webhook has a signature by the new secret, and by each of those before "
    f"(the newest three) that still signed. {_SHOWN_AGAIN} Later, or without a key, rotate it again.",
    problems=_CHANGING,
    scope=Scope.WEBHOOKS,
)
async def rotate_secret(
    id: Id, data: JSONBody[Rotation], merchant: TheMerchant, services: TheServices, idempotency_key: TheKey
) -> EndpointWithSecret:
    return await services.webhooks.requests.rotate(merchant.number, idempotency_key, id, data)


@post(
    "/v1/webhook-endpoints/{id:str}/test",
    "testWebhookEndpoint",
    "Send a test event",
    problems=_CHANGING,
    scope=Scope.WEBHOOKS,
)
async def test_endpoint(id: Id, merchant: TheMerchant, services: TheServices, idempotency_key: TheKey) -> Queued:
    return await services.webhooks.requests.test(merchant.number, idempotency_key, id)


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
    problems=_CHANGING,
    scope=Scope.WEBHOOKS,
)
async def replay_range(
    id: Id, data: JSONBody[ReplayRange], merchant: TheMerchant, services: TheServices, idempotency_key: TheKey
) -> QueuedRange:
    return await services.webhooks.requests.replay_range(merchant.number, idempotency_key, id, data)


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
    problems=_CHANGING,
    scope=Scope.WEBHOOKS,
)
async def replay(id: Id, merchant: TheMerchant, services: TheServices, idempotency_key: TheKey) -> Queued:
    return await services.webhooks.requests.replay(merchant.number, idempotency_key, id)


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
