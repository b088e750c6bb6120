"""The cookies of the pages: what they are called, and how they are set and taken back (RFC 6265bis).

Behind https their names begin with __Host-, so that no other host of the bank's domain can plant one.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from litestar.datastructures import Cookie

from feiqian.auth.sessions.model import Opened
from feiqian.clock import MICROSECONDS
from feiqian.policy.people import PEOPLE, KindOfPerson
from feiqian.subjects import Role

YEAR_SECONDS = 365 * 86_400
OFFSET = "feiqian-offset"  # set by scripts (zone.js): how many minutes the browser's clock is ahead of UTC
_MOST_OFFSET = 18 * 60


class Names(NamedTuple):
    """Of one kind of person: the cookie of their session, and the one by which a browser is known at the next sign-in.

    `same_site`: those of whoever works are never sent along from another site; shops lead customers here.
    """

    session: str
    device: str
    same_site: Literal["lax", "strict"]


class Cookies:
    """`origin` is how browsers reach the pages; `of` are the names by role, `session` and `device` customers'."""

    def __init__(self, origin: str) -> None:
        self.secure = origin.startswith("https:")
        prefix = "__Host-feiqian" if self.secure else "feiqian"
        self.of = {kind.role: _names(prefix, kind) for kind in PEOPLE}
        self.session, self.device, _ = self.of[Role.CUSTOMER]
        self.language = f"{prefix}-lang"
        self.hide = f"{prefix}-hide"

    def opened(self, opened: Opened) -> list[Cookie]:
        """For the answer that signs somebody in: the session, the device, and the customer's language."""
        session, names = opened.session, self.of[opened.session.subject.role]
        seconds = max(0, session.expires_at - session.created_at) // MICROSECONDS
        cookies = [self.make(names.session, opened.token, seconds, names.same_site)]
        if opened.device_token:
            cookies.append(self.make(names.device, opened.device_token, YEAR_SECONDS, names.same_site))
        spoken = session.language if session.subject.role is Role.CUSTOMER else ""
        return [*cookies, self.spoken(spoken)] if spoken else cookies

    def closed(self, role: Role = Role.CUSTOMER) -> list[Cookie]:
        """For the answer that signs somebody out; the device stays known."""
        names = self.of[role]
        return [self.make(names.session, "", 0, names.same_site)]

    def spoken(self, language: str) -> Cookie:
        """The language that somebody has chosen."""
        return self.make(self.language, language, YEAR_SECONDS)

    def hiding(self, hidden: bool) -> Cookie:
        """Whether pages show dots instead of amounts in this browser."""
        return self.make(self.hide, "yes" if hidden else "", YEAR_SECONDS if hidden else 0)

    def make(self, name: str, value: str, seconds: int, same_site: Literal["lax", "strict"] = "lax") -> Cookie:
        """A cookie that scripts cannot read, for all of this host; `seconds` 0 takes it back."""
        return Cookie(name, "/", value, seconds, secure=self.secure, httponly=True, samesite=same_site)


def _names(prefix: str, kind: KindOfPerson) -> Names:
    if kind.role is Role.CUSTOMER:
        return Names(prefix, f"{prefix}-device", "lax")
    return Names(f"{prefix}-{kind.name}", f"{prefix}-{kind.name}-device", "strict")


def offset_in(value: str) -> int | None:
    """The minutes that the cookie holds; None for what is no offset."""
    digits = value.removeprefix("-")
    minutes = int(value) if digits.isascii() and digits.isdecimal() and len(digits) < 5 else None
    return minutes if minutes is not None and abs(minutes) <= _MOST_OFFSET else None
