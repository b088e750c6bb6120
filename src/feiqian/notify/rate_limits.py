"""Caps on codes: by number, prefix and country (SMS pumping: numbers that earn by being texted), and the alarms.

Each audience has its own, so that strangers who fill theirs take nothing from customers; those of prefix and country
grow with the bank.
Windows slide: what counts is what was sent within the last hour or day. Count and entry are one transaction under one
lock, so that parallel requests cannot pass together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, or_, select, update

from feiqian.clock import DAY, HOUR, MICROSECONDS
from feiqian.field_cipher import FieldCipher
from feiqian.ids import MESSAGE, new_id
from feiqian.notify.errors import Cap, SendingCapped
from feiqian.notify.model import Audience
from feiqian.notify.number_ranges import range_of
from feiqian.notify.tables import codes
from feiqian.policy.model import Sending
from feiqian.runtime.locks import lock

NOT_ENTERED, NOTHING_TO_ENTER = 0, -1
NEWEST = 100  # codes of a place that the alarm looks at
KEEP = 2 * DAY
NEAR = 0.8  # of a cap, from where on it is an alarm
# How much slower than customers' the caps of others grow with the bank, and a prefix's than its country's.
_SLOWER = {Audience.CUSTOMER: 1, Audience.RECOVERY: 10, Audience.STRANGER: 50}
_PREFIX_SLOWER = 10
_c = codes.c


class Alarm(NamedTuple):
    """Of the newest `sent` codes to a place (a country or a prefix) whose time is over, only so many were entered."""

    place: str
    sent: int
    entered: int


class Used(NamedTuple):
    """Within the last hour so many codes were sent to a place (a country or a prefix) for an audience, of so many."""

    place: str
    audience: Audience
    used: int
    most: int

    @property
    def near(self) -> bool:
        return self.used >= self.most * NEAR

    @property
    def full(self) -> bool:
        return self.used >= self.most


class RateLimits:
    """Counts codes, in the caller's transaction. `life_seconds`: for so long a code may yet be entered.

    `customers` says how many the bank has.
    """

    def __init__(self, rules: Sending, life_seconds: int, cipher: FieldCipher, customers: Callable[[], int]) -> None:
        self._rules, self._life, self._cipher, self._customers = rules, life_seconds * MICROSECONDS, cipher, customers

    def count(
        self,
        connection: Connection,
        address: str,
        now: int,
        *,
        audience: Audience = Audience.CUSTOMER,
        entered: bool = True,
    ) -> list[Used]:
        """Counts one more to this address; how much of the caps of its place is used now. Raises SendingCapped, and
        then counts nothing.

        `entered`: whether it holds a code that somebody may enter.
        """
        used = []
        country, prefix = range_of(address)
        lock(connection, f"codes to {country}")
        blind_index = self._blind(address)
        theirs = _c.audience == audience.value
        mine = and_(_c.address == blind_index, theirs)
        self._check(connection, mine, HOUR, self._rules.per_number_hour, "number_hour", now)
        self._check(connection, mine, DAY, self._rules.per_number_day, "number_day", now)
        if country:
            most = self.most_of_prefix(audience)
            sent = self._check(connection, and_(_c.prefix == prefix, theirs), HOUR, most, "prefix_hour", now)
            used.append(Used(prefix, audience, sent + 1, most))
            most = self.most_of_country(audience)
            sent = self._check(connection, and_(_c.country == country, theirs), HOUR, most, "country_hour", now)
            used.append(Used(country, audience, sent + 1, most))
        values = {"id": new_id(MESSAGE, now), "address": blind_index, "prefix": prefix, "country": country}
        values["audience"] = audience.value
        state = NOT_ENTERED if entered else NOTHING_TO_ENTER
        connection.execute(insert(codes).values(**values, sent_at=now, entered_at=state))
        return used

    def most_of_country(self, audience: Audience) -> int:
        """Codes an hour to one country."""
        return max(self._rules.per_country_hour, self._grown(audience))

    def most_of_prefix(self, audience: Audience) -> int:
        """Codes an hour to one prefix."""
        return max(self._rules.per_prefix_hour, self._grown(audience) // _PREFIX_SLOWER)

    def used(self, connection: Connection, now: int) -> list[Used]:
        """Of every place that was sent to within the last hour, how much of its caps is used."""
        found = []
        for column, most in ((_c.country, self.most_of_country), (_c.prefix, self.most_of_prefix)):
            recent = select(column, _c.audience, func.count()).where(_c.sent_at > now - HOUR, column != "")
            for place, name, count in connection.execute(recent.group_by(column, _c.audience)):
                audience = Audience(name)
                found.append(Used(place, audience, count, most(audience)))
        return found

    def entered(self, connection: Connection, address: str, now: int) -> None:
        """A code that was sent to this address came back: its newest that has not yet."""
        open = and_(_c.address == self._blind(address), _c.entered_at == NOT_ENTERED, _c.sent_at > now - HOUR)
        newest = select(_c.id).where(open).order_by(_c.sent_at.desc(), _c.id.desc()).limit(1)
        id = connection.execute(newest).scalar()
        if id is not None:
            connection.execute(update(codes).where(_c.id == id).values(entered_at=now))

    def alarms(self, connection: Connection, now: int) -> list[Alarm]:
        """The places, among those that were sent to within the last hour, where too few codes are entered."""
        found = []
        for column in (_c.country, _c.prefix):
            recent = select(column).where(_c.sent_at > now - HOUR, column != "").distinct()
            for place in connection.execute(recent).scalars().all():
                alarm = self._newest(connection, column == place, place, now)
                if self._is_alarming(alarm):
                    found.append(alarm)
        return found

    def prune(self, connection: Connection, now: int) -> None:
        """Drops what no window reaches any more."""
        connection.execute(delete(codes).where(_c.sent_at < now - KEEP))

    def _newest(self, connection: Connection, where: ColumnElement[bool], place: str, now: int) -> Alarm:
        decided = or_(_c.entered_at > 0, and_(_c.entered_at == NOT_ENTERED, _c.sent_at <= now - self._life))
        newest = select(_c.entered_at).where(where, decided).order_by(_c.sent_at.desc()).limit(NEWEST)
        answers = connection.execute(newest).scalars().all()
        return Alarm(place, len(answers), sum(at > 0 for at in answers))

    def _is_alarming(self, alarm: Alarm) -> bool:
        enough = alarm.sent >= self._rules.entered_alarm_minimum
        return enough and alarm.entered < alarm.sent * self._rules.entered_alarm_share

    def _check(
        self, connection: Connection, which: ColumnElement[bool], window: int, most: int, cap: Cap, now: int
    ) -> int:
        counted = select(func.count()).select_from(codes).where(which, _c.sent_at > now - window)
        count = connection.execute(counted).scalar_one()
        if count >= most:
            raise SendingCapped(cap)
        return count

    def _grown(self, audience: Audience) -> int:
        return self._customers() // (self._rules.customers_per_code * _SLOWER[audience])

    def _blind(self, address: str) -> bytes:
        return self._cipher.blind_index(address.lower(), "notify address")
