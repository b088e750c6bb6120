"""Issuing devices: what a customer's payment codes are of, so that one can be revoked alone. No money, no sessions.

Numbers are given in order (a code hides them), so that memory holds two arrays: whose a device is, and which device
issues a customer's codes; eight bytes a customer. Each payment asks the first. Who changes devices in the database
calls `take_up` once that is committed: memory never holds what could still be rolled back.
"""

from __future__ import annotations

import threading
from array import array
from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, func, insert, or_, select, update

from feiqian.customers.errors import CustomerNotFound
from feiqian.customers.tables import customers, issuing_devices, issuing_phones
from feiqian.db import BankDb
from feiqian.errors import FeiqianError
from feiqian.ids import NO_CUSTOMER, CustomerNumber
from feiqian.runtime.locks import lock

MAX_DEVICE = 10**9 - 1  # a payment code has nine digits for it
_BATCH = 50_000
_OWNER = "I"  # 4 bytes
_t = issuing_devices.c
_OF_A_PHONE = _t.number.in_(select(issuing_phones.c.number)).label("of_a_phone")


class NoDevicesLeft(FeiqianError):
    """There have been as many devices as payment codes can tell apart."""


class IssuingDevices:
    """Adds, finds and revokes. `customer_of` and `device_of` answer from memory, which is empty until `refresh`; all
    else reads the database (and blocks)."""

    def __init__(self, db: BankDb) -> None:
        self._db = db
        self._lock = threading.Lock()
        self._customers, self._devices = array(_OWNER), array(_OWNER)  # by device; by customer

    # --- from memory ---------------------------------------------------------------------------------------------

    def customer_of(self, device: int) -> CustomerNumber:
        """The customer whose device this is; 0 if there is no such device, or it is revoked."""
        return CustomerNumber(self._customers[device]) if 0 <= device < len(self._customers) else NO_CUSTOMER

    def device_of(self, customer: CustomerNumber) -> int:
        """The customer's newest device that is not revoked and not a phone's own (`issuing_phones`), or 0."""
        return self._devices[customer] if 0 <= customer < len(self._devices) else 0

    def refresh(self) -> None:
        """Takes up all that is in the database, such as what another process has added."""
        with self._lock, self._db.read() as connection:
            self._customers, self._devices = _all(connection)

    def take_up(self, customer: CustomerNumber) -> None:
        """Takes up what was committed of one customer's devices."""
        with self._db.read() as connection:
            self.take_up_in(connection, customer)

    def take_up_in(self, connection: Connection, customer: int) -> None:
        """As `take_up`, in a transaction that only reads."""
        with self._lock:  # in turn, so that an older reading never comes last
            own = select(_t.number, _t.revoked_at, _OF_A_PHONE).where(_t.customer == customer).order_by(_t.number)
            rows = connection.execute(own).all()
            self._put((row.number, 0 if row.revoked_at else customer) for row in rows)
            newest = max((row.number for row in rows if not (row.revoked_at or row.of_a_phone)), default=0)
            _room(self._devices, customer)
            self._devices[customer] = newest

    def took_up(self, numbers: range, owners: range) -> None:
        """Takes up devices that were just committed, one each for customers who are new."""
        with self._lock:
            self._put(zip(numbers, owners, strict=True))
            for number, owner in zip(numbers, owners, strict=True):
                _room(self._devices, owner)
                self._devices[owner] = number

    def _put(self, devices: Iterable[tuple[int, int]]) -> None:
        for number, owner in devices:
            _room(self._customers, number)
            self._customers[number] = owner

    # --- adding and revoking -------------------------------------------------------------------------------------

    def add(self, customer: CustomerNumber, now_us: int) -> int:
        """Another device of a customer, who shows its codes from now on. Returns its number.

        Raises CustomerNotFound, NoDevicesLeft.
        """
        with self._db.write() as connection:
            there = connection.execute(select(customers.c.number).where(customers.c.number == customer)).scalar()
            if there is None:
                raise CustomerNotFound("there is no such customer")
            (number,) = self.add_within(connection, range(customer, customer + 1), now_us)
        self.take_up(customer)
        return number

    def add_within(self, connection: Connection, owners: range, now_us: int) -> range:
        """One device for each of these customers, in the caller's transaction; `take_up` them after it.

        Raises NoDevicesLeft.
        """
        lock(connection, "issuing devices")  # or two at once would draw the same number
        first = connection.execute(select(func.coalesce(func.max(_t.number), 0))).scalar_one() + 1
        numbers = range(first, first + len(owners))
        if numbers and numbers[-1] > MAX_DEVICE:
            raise NoDevicesLeft(f"numbers of issuing devices end at {MAX_DEVICE}")
        rows = [
            {"number": number, "customer": owner, "created_at": now_us, "revoked_at": 0}
            for number, owner in zip(numbers, owners, strict=True)
        ]
        if rows:
            connection.execute(insert(issuing_devices), rows)
        return numbers

    def set_revoked(self, connection: Connection, device: int, revoked_at: int) -> None:
        """Revokes a device, or with 0 takes that back, in the caller's transaction; `take_up` its owner after it."""
        connection.execute(update(issuing_devices).where(_t.number == device).values(revoked_at=revoked_at))

    def revoke(self, device: int, now_us: int) -> bool:
        """Refuses the device's codes from now on. False: there is no such device, or it was revoked before."""
        with self._db.write() as connection:
            open_one = update(issuing_devices).where(_t.number == device, _t.revoked_at == 0)
            revoked = connection.execute(open_one.values(revoked_at=now_us)).rowcount > 0
            owner = connection.execute(select(_t.customer).where(_t.number == device)).scalar()
        if owner is not None:
            self.take_up(owner)
        return revoked


def _room(numbers: array[int], newest: int) -> None:
    missing = newest + 1 - len(numbers)
    if missing > 0:
        numbers.frombytes(bytes(missing * numbers.itemsize))


def _all(connection: Connection) -> tuple[array[int], array[int]]:
    """By device, and by customer. Most devices of a bank have their customer's number: only others are read singly."""
    asked = (func.count(), func.coalesce(func.max(_t.number), 0), func.coalesce(func.max(_t.customer), 0))
    each = (select(one).select_from(issuing_devices).scalar_subquery() for one in asked)  # alone, from an index
    count, newest, last = connection.execute(select(*each)).one()
    all_there = count == newest  # a number that nobody has must not look like a device
    owners = array(_OWNER, range(newest + 1 if all_there else 0))
    devices = owners[: last + 1]
    _room(owners, newest)
    _room(devices, last)
    numbers, of, phones = array(_OWNER), array(_OWNER), bytearray()
    for number, owner, of_a_phone in _others(connection, all_there):
        numbers.append(number)
        of.append(owner)
        phones.append(of_a_phone)
    for number, owner in zip(numbers, of, strict=True):
        owners[number] = owner
        if number <= last:
            devices[number] = 0
    for number, owner, phone in zip(numbers, of, phones, strict=True):
        if owner and not phone:
            devices[owner] = max(devices[owner], number)
    return owners, devices


def _others(connection: Connection, all_there: bool) -> Iterator[tuple[int, int, bool]]:
    """Devices with their customers (0: revoked), and whether they are a phone's own; if all numbers are there, but
    those of their customer's number."""
    rows = select(_t.number, _t.customer, _t.revoked_at, _OF_A_PHONE)
    if all_there:
        rows = rows.where(or_(_t.number != _t.customer, _t.revoked_at != 0, _OF_A_PHONE))
    for number, owner, revoked_at, of_a_phone in connection.execute(rows.execution_options(yield_per=_BATCH)):
        yield number, 0 if revoked_at else owner, bool(of_a_phone)
