"""A customer's reminders under /v1, and which problem each error of theirs is."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from litestar.params import JSONBody

from feiqian.errors import FeiqianError
from feiqian.ledger.bounds import MAX_AMOUNT
from feiqian.money import BY_CODE, BY_NUMBER, NOTHING, MinorUnits
from feiqian.notify.model import Channel
from feiqian.notify.quiet import Quiet, minutes_of, time_text
from feiqian.payments.requests import CurrencyCode
from feiqian.reminders.errors import RemindersInvalid
from feiqian.reminders.model import Choice, Reminder
from feiqian.strings.patterns import matching
from feiqian.web.v1.operations import TheServices, TheSession, get, grouped, post
from feiqian.web.v1.problems import INVALID, FieldError, Kind, ProblemError, Told

PROBLEMS: dict[type[FeiqianError], Kind] = {RemindersInvalid: INVALID}


def _field(problem: ProblemError, error: RemindersInvalid) -> None:
    field = {"amount": "threshold", "quiet": "quiet.until"}.get(error.reason, error.reason)
    problem.errors = (FieldError(field, error.reason),)


TOLD: dict[type[FeiqianError], Told] = {RemindersInvalid: _field}

_PLACE = "The id of a deposit account, or `wallet`."
Place = Annotated[str, matching("(wallet|acc_[0-9a-f]{32})", description=_PLACE, examples=["wallet"])]
Time = Annotated[str, matching("([01][0-9]|2[0-3]):[0-5][0-9]", description="Of the bank's day.", examples=["22:00"])]
Channels = Annotated[
    list[Literal["sms", "email", "push"]], msgspec.Meta(max_length=3, description="None: not told.", examples=[["sms"]])
]
Threshold = Annotated[
    MinorUnits, msgspec.Meta(ge=0, le=MAX_AMOUNT, description="Smaller movements are not told.", examples=[10000])
]


class QuietHours(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """From when until when nothing is sent; over midnight, where `until` is the earlier."""

    since: Time
    until: Annotated[Time, msgspec.Meta(examples=["07:00"])]


class ReminderSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the movements of an account are told. `threshold` in minor units; what happens in quiet hours is told when
    they end."""

    account: Place
    currency: CurrencyCode
    channels: Channels
    threshold: Threshold = NOTHING
    quiet: QuietHours | None = None


class ReminderList(msgspec.Struct, frozen=True):
    """One for each wallet and account that is not closed."""

    data: list[ReminderSettings]


@get("/v1/me/reminders", "listReminders", "Which changes of balance are told, of each account", who="customer")
async def list_reminders(session: TheSession, services: TheServices) -> ReminderList:
    shown = await services.reminders.of(session.subject.customer)
    return ReminderList([_settings(one.reminder) for one in shown])


@post(
    "/v1/me/reminders",
    "chooseReminders",
    "Choose which changes of an account's balance are told, and how",
    who="customer",
    description="It replaces what was chosen for the account before. The customer is told of the change.",
)
async def choose_reminders(
    data: JSONBody[ReminderSettings], session: TheSession, services: TheServices
) -> ReminderSettings:
    currency = BY_CODE.get(data.currency)
    if currency is None:
        raise RemindersInvalid("currency")
    channels = tuple(channel for channel in Channel if channel.value in data.channels)
    quiet = None if data.quiet is None else Quiet(minutes_of(data.quiet.since), minutes_of(data.quiet.until))
    choice = Choice(channels, data.threshold, quiet)
    chosen = await services.reminders.put(session.subject.customer, data.account, currency.number, choice)
    return _settings(chosen)


def _settings(reminder: Reminder) -> ReminderSettings:
    choice = reminder.choice
    return ReminderSettings(
        account=reminder.name,
        currency=BY_NUMBER[reminder.currency].code,
        channels=[channel.value for channel in choice.channels],
        threshold=choice.threshold,
        quiet=QuietHours(since=time_text(choice.quiet.since), until=time_text(choice.quiet.until))
        if choice.quiet
        else None,
    )


OPERATIONS = grouped(
    "Reminders",
    "A customer chooses for each account which changes of its balance are told, and how.",
    list_reminders,
    choose_reminders,
)
