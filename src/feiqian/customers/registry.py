"""The bank's customers: a number (below 10**9, in order of joining), a public id, a name and a level. No money.

What every payment asks (who exists, of which level, who is cooling off) is answered from memory. Who changes it in the
database has `take_up` called `after_commit`: memory never holds what could still be rolled back.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, insert, or_, select, update

from feiqian.audit_log.log import AuditLog
from feiqian.clock import MICROSECONDS
from feiqian.customers.errors import CustomerNotFound
from feiqian.customers.issuing import IssuingDevices
from feiqian.customers.levels import record_added
from feiqian.customers.model import NAME_LENGTH, Profile
from feiqian.customers.profiles import Profiles
from feiqian.customers.tables import customers, profiles
from feiqian.db import BankDb
from feiqian.errors import FeiqianError
from feiqian.field_cipher import FieldCipher
from feiqian.ids import CUSTOMER, CustomerNumber, new_id
from feiqian.notify.model import Contacts
from feiqian.runtime.paging import FIRST, Ask, Order, Page, page_of
from feiqian.strings.normal import comparison
from feiqian.subjects import Subject

MAX_NUMBER = 10**9 - 1  # each has an issuing device, and a payment code has nine digits for that
UNVERIFIED = 0  # the lowest level of every policy
_BATCH, _SAMPLE = 50_000, 500
_COLUMNS = (customers.c.number, customers.c.id, customers.c.name, customers.c.created_at, customers.c.level)
_BY_NUMBER = Order((customers.c.number,), newest_first=False)

__all__ = ["MAX_NUMBER", "NAME_LENGTH", "UNVERIFIED", "Customer", "Customers", "NoNumbersLeft"]


class NoNumbersLeft(FeiqianError):
    """The bank has as many customers as payment codes can tell apart."""


class Customer(NamedTuple):
    """`created_at` in Unix microseconds; `level` is the number of one of the policy's levels."""

    number: CustomerNumber
    id: str
    name: str
    created_at: int
    level: int = UNVERIFIED


class Customers:
    """Adds and finds customers. All but `known`, `count`, `standing` and `cooling` read the database (and block).

    Without a `cipher` it knows names and levels only: what asks for more raises RuntimeError. `issuing` is what their
    payment codes are of.
    """

    def __init__(self, db: BankDb, cipher: FieldCipher | None = None) -> None:
        self._db = db
        self.issuing = IssuingDevices(db)
        self._profiles = Profiles(cipher) if cipher is not None else None
        self._lock = threading.Lock()
        self._levels = bytearray(1)  # by number; nobody has the number 0
        self._cooling: dict[int, int] = {}  # number: until when, in Unix seconds
        self.refresh()

    # --- from memory ---------------------------------------------------------------------------------------------

    def known(self, number: CustomerNumber) -> bool:
        """Whether there is a customer of this number."""
        return 0 < number < len(self._levels)

    def standing(self, number: CustomerNumber) -> int:
        """The customer's level; 0 (unverified) of whoever is not known."""
        return self._levels[number] if 0 < number < len(self._levels) else UNVERIFIED

    def cooling(self, number: CustomerNumber, now_seconds: int) -> bool:
        """Whether the low limits hold for the customer at this Unix time in seconds."""
        until = self._cooling.get(number)
        return until is not None and now_seconds < until

    @property
    def count(self) -> int:
        """How many customers there are. Their numbers are 1 to this."""
        return len(self._levels) - 1

    def refresh(self) -> None:
        """Takes up all that is in the database, such as what another process has added."""
        with self._lock, self._db.read() as connection:
            self._levels, self._cooling = _levels(connection), _cooling(connection)
        self.issuing.refresh()

    def take_up(self, number: CustomerNumber) -> None:
        """Takes up what was committed of one customer, new or changed."""
        with self._lock, self._db.read() as connection:  # in turn, so that an older reading never comes last
            level = connection.execute(select(customers.c.level).where(customers.c.number == number)).scalar()
            if level is None:
                return
            until = connection.execute(select(profiles.c.cooling_until).where(profiles.c.customer == number)).scalar()
            self._make_room(number)
            if until:
                self._cooling[number] = -(-until // MICROSECONDS)
            else:
                self._cooling.pop(number, None)
            self._levels[number] = level
            self.issuing.take_up_in(connection, number)

    def _make_room(self, newest: int) -> None:
        missing = newest + 1 - len(self._levels)
        if missing > 0:
            self._levels.extend(bytes(missing))

    # --- adding and changing -------------------------------------------------------------------------------------

    def add(self, names: Sequence[str], now_us: int, level: int = UNVERIFIED) -> range:
        """New customers of these names, all of one level, each with an issuing device. Returns their numbers.

        Raises NoNumbersLeft, NoDevicesLeft.
        """
        with self._db.write() as connection:
            numbers, devices = self._add(connection, names, now_us, level)
            record_added(AuditLog(), connection, numbers, level, now_us)
        self.issuing.took_up(devices, numbers)
        with self._lock:
            self._make_room(numbers.stop - 1)
            if level:
                self._levels[numbers.start : numbers.stop] = bytes([level]) * len(numbers)
        return numbers

    def add_within(self, connection: Connection, names: Sequence[str], now_us: int, level: int = UNVERIFIED) -> range:
        """As `add`, in the caller's transaction; `take_up` them after commit. On PostgreSQL two at once may collide."""
        return self._add(connection, names, now_us, level)[0]

    def _add(self, connection: Connection, names: Sequence[str], now_us: int, level: int) -> tuple[range, range]:
        """The numbers of the new customers, and of the issuing devices that they get with it."""
        first = connection.execute(select(func.coalesce(func.max(customers.c.number), 0))).scalar_one() + 1
        numbers = range(first, first + len(names))
        if numbers and numbers[-1] > MAX_NUMBER:
            raise NoNumbersLeft(f"customer numbers end at {MAX_NUMBER}")
        columns = ("number", "id", "name", "created_at", "level")
        rows = [(n, new_id(CUSTOMER, now_us), name, now_us, level) for n, name in zip(numbers, names, strict=True)]
        if rows:
            connection.execute(insert(customers), [dict(zip(columns, row, strict=True)) for row in rows])
        return numbers, self.issuing.add_within(connection, numbers, now_us)

    def level_in(self, connection: Connection, number: CustomerNumber) -> int:
        """The level as the caller's transaction sees it. Raises CustomerNotFound."""
        level = connection.execute(select(customers.c.level).where(customers.c.number == number)).scalar()
        if level is None:
            raise CustomerNotFound("there is no such customer")
        return int(level)

    def put_level(self, connection: Connection, number: CustomerNumber, level: int) -> None:
        """In the caller's transaction; `take_up` after commit. Raises CustomerNotFound."""
        changed = update(customers).where(customers.c.number == number).values(level=level)
        if not connection.execute(changed).rowcount:
            raise CustomerNotFound("there is no such customer")

    # --- asking the database -------------------------------------------------------------------------------------

    @property
    def profiles(self) -> Profiles:
        """What is sealed. Raises RuntimeError without the data key."""
        if self._profiles is None:
            raise RuntimeError("what is personal was asked for without the data key")
        return self._profiles

    def by_number(self, connection: Connection, number: CustomerNumber) -> Customer | None:
        return self._one(connection, customers.c.number == number)

    def by_id(self, connection: Connection, id: str) -> Customer | None:
        return self._one(connection, customers.c.id == id)

    def by_mobile(self, connection: Connection, mobile: str) -> Customer | None:
        """Whose number this is (E.164)."""
        number = self.profiles.number_of(connection, mobile)
        return None if number is None else self.by_number(connection, number)

    def profile(self, number: CustomerNumber) -> Profile | None:
        """None: there is no such customer, or nothing is kept of them but the name."""
        with self._db.read() as connection:
            return self.profiles.get(connection, number)

    def contacts(self, connection: Connection, subject: Subject) -> Contacts | None:
        """Where a customer, or somebody who is about to become one, is reached. None of nobody and of staff."""
        return self.profiles.contacts(connection, subject)

    def find(self, connection: Connection, text: str, ask: Ask = FIRST, limit: int = 20) -> Page[Customer]:
        """A page of the customers whose name begins with, or whose public id is, this text, by number; for staff."""
        starts = (customers.c.name.startswith(form, autoescape=True) for form in {text, comparison(text)})
        begins = or_(*starts, customers.c.id == text)
        found = page_of(connection, select(*_COLUMNS).where(begins), _BY_NUMBER, ask, limit)
        return found.of([Customer(*row) for row in found.items])

    def names(self, numbers: Collection[CustomerNumber]) -> dict[CustomerNumber, str]:
        """The names of some customers (a page of them, not all) by number."""
        columns = select(customers.c.number, customers.c.name)
        with self._db.read() as connection:
            rows = connection.execute(columns.where(customers.c.number.in_(numbers)))
            return {row.number: row.name for row in rows}

    def _one(self, connection: Connection, condition: Any) -> Customer | None:
        row: Any = connection.execute(select(*_COLUMNS).where(condition)).one_or_none()
        return None if row is None else Customer(*row)


def _levels(connection: Connection) -> bytearray:
    """By number. Most customers of a bank have one level, so only the others are read one by one."""
    number, level = customers.c.number, customers.c.level
    newest: int = connection.execute(select(func.coalesce(func.max(number), 0))).scalar_one()
    count = connection.execute(select(func.count()).select_from(customers)).scalar_one()
    all_there = count == newest  # a number that nobody has must not look like a customer who pays
    usual = _usual_level(connection, newest) if all_there else UNVERIFIED
    levels = bytearray([UNVERIFIED]) + bytearray([usual]) * newest
    others = connection.execute(select(number, level).where(level != usual))
    for one, other in others.yield_per(_BATCH):
        levels[one] = other
    return levels


def _usual_level(connection: Connection, newest: int) -> int:
    """The level that most of some customers have: another would be as right, but of that one fewest others are read."""
    some = range(1, newest + 1, max(1, newest // _SAMPLE))
    found = connection.execute(select(customers.c.level).where(customers.c.number.in_(some))).scalars()
    return Counter(found).most_common(1)[0][0] if some else UNVERIFIED


def _cooling(connection: Connection) -> dict[int, int]:
    found = select(profiles.c.customer, profiles.c.cooling_until).where(profiles.c.cooling_until > 0)
    return {number: -(-until // MICROSECONDS) for number, until in connection.execute(found)}
