"""The cookies of the pages: what they are called, and how they are set and taken back (RFC 6265bis).

Behind https their names begin with __Host-, so that no other host of the bank's domain can plant one.
"""

from __future__ import annotations

from typing import Literal

from litestar.datastructures import Cookie

from feiqian.auth.sessions.model import Opened
from feiqian.clock import MICROSECONDS

YEAR_SECONDS = 365 * 86_400
OFFSET = "feiqian-offset"  # set by scripts (zone.js): how many minutes the browser's clock is ahead of UTC
_MOST_OFFSET = 18 * 60


class Cookies:
    """`origin` is how browsers reach the pages."""

    def __init__(self, origin: str) -> None:
        self.secure = origin.startswith("https:")
        prefix = "__Host-" if self.secure else ""
        self.session, self.device = f"{prefix}feiqian", f"{prefix}feiqian-device"
        self.staff_device = f"{prefix}feiqian-staff-device"
        self.staff, self.language = f"{prefix}feiqian-staff", f"{prefix}feiqian-lang"
        self.hide = f"{prefix}feiqian-hide"
        self.user, self.user_device = f"{prefix}feiqian-merchant", f"{prefix}feiqian-merchant-device"

    def opened(self, opened: Opened) -> list[Cookie]:
        """For the answer that signs a customer in: the session, the device, and the customer's language."""
        session = opened.session
        seconds = max(0, session.expires_at - session.created_at) // MICROSECONDS
        cookies = [self.make(self.session, opened.token, seconds)]
        if opened.device_token:
            cookies.append(self.make(self.device, opened.device_token, YEAR_SECONDS))
        return [*cookies, self.spoken(session.language)] if session.language else cookies

    def staff_opened(self, opened: Opened) -> list[Cookie]:
        """For the answer that signs a member of staff in: session and device."""
        return self._strict(opened, self.staff, self.staff_device)

    def user_opened(self, opened: Opened) -> list[Cookie]:
        """For the answer that signs one of a merchant's people in: session and device."""
        return self._strict(opened, self.user, self.user_device)

    def _strict(self, opened: Opened, session: str, device: str) -> list[Cookie]:
        """Never sent along from another site."""
        seconds = max(0, opened.session.expires_at - opened.session.created_at) // MICROSECONDS
        cookie = self.make(session, opened.token, seconds, "strict")
        return [cookie, self.make(device, opened.device_token, YEAR_SECONDS, "strict")]

    def closed(self) -> list[Cookie]:
        """For the answer that signs a customer out; the device stays known."""
        return [self.make(self.session, "", 0)]

    def spoken(self, language: str) -> Cookie:
        """The language that somebody has chosen."""
        return self.make(self.language, language, YEAR_SECONDS)

    def hiding(self, hidden: bool) -> Cookie:
        """Whether pages show dots instead of amounts in this browser."""
        return self.make(self.hide, "yes" if hidden else "", YEAR_SECONDS if hidden else 0)

    def make(self, name: str, value: str, seconds: int, same_site: Literal["lax", "strict"] = "lax") -> Cookie:
        """A cookie that scripts cannot read, for all of this host; `seconds` 0 takes it back."""
        return Cookie(name, "/", value, seconds, secure=self.secure, httponly=True, samesite=same_site)


def offset_in(value: str) -> int | None:
    """The minutes that the cookie holds; None for what is no offset."""
    digits = value.removeprefix("-")
    minutes = int(value) if digits.isascii() and digits.isdecimal() and len(digits) < 5 else None
    return minutes if minutes is not None and abs(minutes) <= _MOST_OFFSET else None
