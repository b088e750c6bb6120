"""Web Push for apps: which devices of a customer are told of what waits, as the switch in the wallet has it.

Keys and addresses are taken and never shown: whoever knows them can send to the device, or read what is sent.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar.params import JSONBody

from feiqian.notify.push_subscription import LONGEST_ENDPOINT
from feiqian.strings.patterns import matching
from feiqian.web.v1 import problems
from feiqian.web.v1.operations import Id, TheServices, TheSession, get, grouped, post

from .render import DONE
from .shapes import Body, Done

PATH = "/v1/me/push-subscriptions"
_BASE64URL = "[A-Za-z0-9_-]+=*"


class SubscriptionKeys(Body, frozen=True):
    """What messages are encrypted with (RFC 8291), in base64url."""

    p256dh: Annotated[
        str,
        matching(
            _BASE64URL,
            max_length=100,
            description="A point of P-256.",
            examples=["BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"],
        ),
    ]
    auth: Annotated[
        str, matching(_BASE64URL, max_length=40, description="16 bytes.", examples=["BTBZMqHH6r4Tts7J_aSIgg"])
    ]


class SubscriptionMade(Body, frozen=True):
    """As a browser's `PushSubscription.toJSON()` says it; a distributor of UnifiedPush has the same."""

    endpoint: Annotated[
        str,
        matching(
            "[!-~]+",
            max_length=LONGEST_ENDPOINT,
            description="Where the push service takes messages: https, under a public name.",
            examples=["https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUS5vsVgHw"],
        ),
    ]
    keys: SubscriptionKeys
    expiration_time: Annotated[int, msgspec.Meta(ge=0, description="Not used.")] | None = msgspec.field(
        default=None, name="expirationTime"
    )


class PushAdded(Body, frozen=True):
    """Where the device of this session is told from now on."""

    subscription: SubscriptionMade


class PushSubscriptionShown(msgspec.Struct, frozen=True):
    """A device that is told. `id` is that of the device, and `here` the one that asks. `mark` is the SHA-256 of its
    endpoint, in base64url: an app whose endpoint has another mark adds it again."""

    id: str
    here: bool
    mark: str


class PushList(msgspec.Struct, frozen=True):
    """The devices that are told, the oldest first. `key` is what to subscribe with (RFC 8292, `applicationServerKey`);
    empty where this bank pushes nothing."""

    key: str
    data: list[PushSubscriptionShown]


@get(PATH, "listPushSubscriptions", "Which devices are told of payments that wait", who="customer")
async def list_push_subscriptions(session: TheSession, services: TheServices) -> PushList:
    told = await services.push_switch.told(session)
    return PushList(services.notify.push_key, [PushSubscriptionShown(one.device, one.here, one.mark) for one in told])


@post(
    PATH,
    "addPushSubscription",
    "Tell the device of this session from now on",
    who="customer",
    description="A device has one subscription: another takes its place. Added again, it changes nothing. It ends when "
    "the device is signed out or forgotten, and stays when the session ends by its time.",
    problems=(problems.NOT_FOUND,),
)
async def add_push_subscription(data: JSONBody[PushAdded], session: TheSession, services: TheServices) -> Done:
    if not services.notify.push_key:
        raise problems.ProblemError(problems.NOT_FOUND, "This bank pushes nothing.")
    await services.push_switch.switch_on(session, msgspec.json.encode(data.subscription).decode())
    return DONE


@post(
    PATH + "/{id:str}/remove",
    "removePushSubscription",
    "Tell a device no more, by the device's id",
    who="customer",
    problems=(problems.NOT_FOUND,),
)
async def remove_push_subscription(id: Id, session: TheSession, services: TheServices) -> Done:
    if not await services.push_switch.switch_off(session, id):
        raise problems.ProblemError(problems.NOT_FOUND, "None of your devices of this id is told.")
    return DONE


OPERATIONS = grouped(
    "Push",
    "Web Push: devices that are told of payments that wait and of changes to the account, while no app is open.",
    list_push_subscriptions,
    add_push_subscription,
    remove_push_subscription,
)
