"""Where a customer chooses, for each account, which changes of its balance are told, and how."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect
from litestar.types import ControllerRouterHandler

from feiqian.auth.pages.challenge import Page
from feiqian.deposits.pages.places import name_of
from feiqian.money import BY_NUMBER, NOTHING, Money, MoneyInvalid, decimal_text, parse_typed
from feiqian.notify.model import Channel, Contacts
from feiqian.notify.quiet import Quiet, time_text
from feiqian.reminders.errors import RemindersInvalid
from feiqian.reminders.model import Choice, Reminder
from feiqian.reminders.service import Shown
from feiqian.web.forms import Form, read_form
from feiqian.web.session import Customer, TheCustomer
from feiqian.web.site import Site, TheSite

HOME = "/reminders"
_HOURS = [(str(hour * 60), time_text(hour * 60)) for hour in range(24)]
_WRONG = {"amount": "threshold", "quiet": "quiet_until"}


class ReminderPages(Controller):
    """`/reminders`."""

    path = HOME

    @get("/")
    async def overview(self, site: TheSite, signed_in: TheCustomer, said: FromQuery[str] = "") -> Page:
        shown = await site.services.reminders.of(signed_in.number)
        rows = [(_name(one.reminder), one, _threshold(one.reminder), _hours(one.reminder)) for one in shown]
        return site.page("reminders/overview.html", rows=rows, said=said == "saved")

    @get("/{name:str}")
    async def ask(self, site: TheSite, signed_in: TheCustomer, name: FromPath[str]) -> Page:
        shown = await _shown(site, signed_in, name)
        return await _page(site, signed_in, shown, Form(_filled_in(shown.reminder)))

    @post("/{name:str}", status_code=303)
    async def choose(
        self, site: TheSite, signed_in: TheCustomer, name: FromPath[str], request: Request[Any, Any, State]
    ) -> Page:
        form, shown = await read_form(request), await _shown(site, signed_in, name)
        reminder = shown.reminder
        try:
            choice = _choice(form, reminder)
            await site.services.reminders.put(signed_in.number, reminder.name, reminder.currency, choice)
        except RemindersInvalid as refused:
            if refused.reason == "account":  # closed meanwhile
                raise NotFoundException from None
            form.wrong(_WRONG.get(refused.reason, ""), site.render.texts(f"reminders.wrong.{refused.reason}"))
            return await _page(site, signed_in, shown, form)
        return Redirect(f"{HOME}?said=saved", status_code=303)


def _name(reminder: Reminder) -> str:
    return name_of(reminder.name, BY_NUMBER[reminder.currency])


async def _shown(site: Site, signed_in: Customer, name: str) -> Shown:
    """Raises NotFoundException."""
    for one in await site.services.reminders.of(signed_in.number):
        if _name(one.reminder) == name:
            return one
    raise NotFoundException


async def _page(site: Site, signed_in: Customer, shown: Shown, form: Form) -> Page:
    contacts = await site.services.reminders.contacts(signed_in.number)
    return site.page(
        "reminders/choose.html",
        status=form.status,
        form=form,
        name=_name(shown.reminder),
        shown=shown,
        currency=BY_NUMBER[shown.reminder.currency].code,
        channels=[(channel.value, _is_there(contacts, channel)) for channel in Channel],
        hours=[("", site.render.texts("reminders.no_quiet")), *_hours_of(shown.reminder)],
    )


def _hours_of(reminder: Reminder) -> list[tuple[str, str]]:
    """The whole hours, and what an app has chosen besides."""
    chosen = {(str(minute), time_text(minute)) for minute in reminder.choice.quiet or ()}
    return sorted({*_HOURS, *chosen}, key=lambda hour: hour[1])


def _is_there(contacts: Contacts | None, channel: Channel) -> bool:
    """Whether there is an address."""
    if contacts is None:
        return False
    return bool({Channel.SMS: contacts.mobile, Channel.EMAIL: contacts.email, Channel.PUSH: contacts.push}[channel])


def _filled_in(reminder: Reminder) -> dict[str, str]:
    choice, currency = reminder.choice, BY_NUMBER[reminder.currency]
    filled = {channel.value: "yes" for channel in choice.channels}
    if choice.threshold:
        filled["threshold"] = decimal_text(Money(choice.threshold, currency))
    if choice.quiet is not None:
        filled |= {"quiet_since": str(choice.quiet.since), "quiet_until": str(choice.quiet.until)}
    return filled


def _choice(form: Form, reminder: Reminder) -> Choice:
    """What was filled in. Raises RemindersInvalid."""
    channels = tuple(channel for channel in Channel if form[channel.value] == "yes")
    threshold = NOTHING
    if form["threshold"]:
        try:
            threshold = parse_typed(form["threshold"], BY_NUMBER[reminder.currency]).minor
        except MoneyInvalid:
            raise RemindersInvalid("amount") from None
    since, until = form["quiet_since"], form["quiet_until"]
    if not since and not until:
        return Choice(channels, threshold)
    minutes = {value for value, _ in _hours_of(reminder)}
    if since not in minutes or until not in minutes:
        raise RemindersInvalid("quiet")
    return Choice(channels, threshold, Quiet(int(since), int(until)))


def _threshold(reminder: Reminder) -> Money | None:
    amount = reminder.choice.threshold
    return Money(amount, BY_NUMBER[reminder.currency]) if amount else None


def _hours(reminder: Reminder) -> tuple[str, str] | None:
    quiet = reminder.choice.quiet
    return None if quiet is None else (time_text(quiet.since), time_text(quiet.until))


PAGES: list[ControllerRouterHandler] = [ReminderPages]
