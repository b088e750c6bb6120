"""What supporters see of a customer's access: freeze and lock, factors, devices, sign-ins."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from feiqian.auth.challenges.model import FactorView, Lock
from feiqian.auth.sessions.model import Device, Session
from feiqian.backoffice.support_sections import SupportList, SupportSection
from feiqian.clock import MICROSECONDS
from feiqian.ids import CustomerNumber
from feiqian.runtime.paging import Ask, Page
from feiqian.services import Services
from feiqian.subjects import customer

FEW = 10


class Stopped(NamedTuple):
    """What keeps the customer from paying or signing in; `cooling`: the low limits hold."""

    frozen: bool
    cooling: bool
    lock: Lock | None


class Access(SupportSection):
    """Tags and lines of the profile."""

    template = "auth/support_access.html"
    shows = frozenset({"tags", "facts"})
    order = 60

    def __init__(self, services: Services) -> None:
        self._clock, self._customers, self._accounts = services.clock, services.customers, services.accounts
        self._verification = services.verification

    def read(self, connection: Connection, number: CustomerNumber) -> Lock | None:
        return self._verification.lock_of(connection, customer(number))

    async def look(self, number: CustomerNumber, kept: Lock | None) -> Stopped:
        cooling = self._customers.cooling(number, self._clock.now() // MICROSECONDS)
        return Stopped(self._accounts.frozen(number), cooling, kept)


class Enrolled(SupportSection):
    """Factors."""

    template = "auth/support_factors.html"
    order = 60

    def __init__(self, services: Services) -> None:
        self._factors = services.factors

    def read(self, connection: Connection, number: CustomerNumber) -> list[FactorView]:
        return self._factors.list.within(connection, customer(number))


class Devices(SupportList):
    """Browsers and telephones that are known."""

    name = "devices"
    template = "auth/support_devices.html"
    order = 70

    def __init__(self, services: Services) -> None:
        self._sessions = services.sessions

    def page(self, connection: Connection, number: CustomerNumber, ask: Ask) -> Page[Device]:
        return self._sessions.device_page(connection, customer(number), ask, FEW)


class SignIns(SupportList):
    """Sessions."""

    name = "sign-ins"
    template = "auth/support_sign_ins.html"
    column = "wide"
    order = 60

    def __init__(self, services: Services) -> None:
        self._sessions = services.sessions

    def page(self, connection: Connection, number: CustomerNumber, ask: Ask) -> Page[Session]:
        return self._sessions.recent(connection, customer(number), ask, FEW)


SUPPORT = (Access, Enrolled, Devices, SignIns)
