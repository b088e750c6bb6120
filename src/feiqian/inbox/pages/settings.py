"""What is sent, and when not, as a form says it."""

from __future__ import annotations

from feiqian.inbox.errors import WishesInvalid
from feiqian.inbox.model import Group, Wish
from feiqian.notify.quiet import Quiet, time_text
from feiqian.web.forms import Form

_HOURS = [(str(hour * 60), time_text(hour * 60)) for hour in range(24)]


def hours_of(wish: Wish) -> list[tuple[str, str]]:
    """The whole hours, and what an app has chosen besides."""
    chosen = {(str(minute), time_text(minute)) for minute in wish.quiet or ()}
    return sorted({*_HOURS, *chosen}, key=lambda hour: hour[1])


def filled_in(wish: Wish) -> dict[str, str]:
    """The form's fields as they stand."""
    filled = {group.value: "yes" for group in Group if group not in wish.unsent}
    if wish.quiet:
        filled |= {"quiet_since": str(wish.quiet.since), "quiet_until": str(wish.quiet.until)}
    return filled


def wish_of(form: Form, before: Wish) -> Wish:
    """What was filled in. Raises WishesInvalid."""
    unsent = tuple(group for group in Group if form[group.value] != "yes")
    since, until = form["quiet_since"], form["quiet_until"]
    if not since and not until:
        return Wish(None, unsent)
    minutes = {value for value, _ in hours_of(before)}
    if since not in minutes or until not in minutes:
        raise WishesInvalid("quiet")
    return Wish(Quiet(int(since), int(until)), unsent)
