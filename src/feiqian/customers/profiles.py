"""What is personal of customers: sealed at rest, found again by keyed hashes. Works in the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, update

from feiqian.columns import SUBJECT
from feiqian.customers.errors import CustomerNotFound
from feiqian.customers.model import Profile
from feiqian.customers.pushes import Pushes
from feiqian.customers.tables import (
    ADDRESS,
    EMAIL,
    FROZEN_BY,
    MOBILE,
    applications,
    chosen_languages,
    customers,
    mobile_changes,
    profiles,
)
from feiqian.field_cipher import FieldCipher
from feiqian.ids import NO_CUSTOMER, CustomerNumber
from feiqian.notify.model import Contacts
from feiqian.subjects import Role, Subject, customer

FROZEN = "frozen"
MobileChanged = Callable[[Connection, CustomerNumber, Subject], None]  # whose it is, and who changed it
_c, _chosen = profiles.c, chosen_languages


class NewProfile(NamedTuple):
    """What is kept of a new customer; `mobile` in E.164."""

    customer: CustomerNumber
    mobile: str
    email: str
    language: str


class Profiles:
    """Seals, finds and opens. `pushes`: the browsers that customers are told on."""

    def __init__(self, cipher: FieldCipher) -> None:
        self._cipher, self.pushes = cipher, Pushes(cipher)
        self._told: list[MobileChanged] = []

    def when_mobile_changed(self, tell: MobileChanged) -> None:
        """`tell` is called in each transaction that changes or removes the number on file, after it did."""
        self._told.append(tell)

    # --- finding -------------------------------------------------------------------------------------------------

    def number_of(self, connection: Connection, mobile: str) -> CustomerNumber | None:
        """The customer's number of a mobile number (E.164)."""
        return self.number_of_blind(connection, self.blind(mobile))

    def blind(self, mobile: str) -> bytes:
        """By which a mobile number (E.164) is found."""
        return self._cipher.blind_index(mobile, "mobile")

    def number_of_blind(self, connection: Connection, blind: bytes) -> CustomerNumber | None:
        """As `number_of`, by the number's `blind`."""
        number = connection.execute(select(_c.customer).where(_c.mobile_blind == blind)).scalar()
        return None if number is None else CustomerNumber(number)

    def mobile_since(self, connection: Connection, number: CustomerNumber) -> int:
        """Since when, in Unix microseconds, the customer has had the number that is on file."""
        both = customers.outerjoin(mobile_changes, mobile_changes.c.customer == customers.c.number)
        since = func.coalesce(mobile_changes.c.at, customers.c.created_at)
        return int(connection.execute(select(since).select_from(both).where(customers.c.number == number)).scalar_one())

    def get(self, connection: Connection, number: CustomerNumber) -> Profile | None:
        both = profiles.join(customers, customers.c.number == _c.customer)
        columns = (customers.c.id, customers.c.name, customers.c.level, customers.c.created_at, *_c)
        row = connection.execute(select(*columns).select_from(both).where(_c.customer == number)).one_or_none()
        return None if row is None else self._profile(row)

    def need(self, connection: Connection, number: CustomerNumber) -> Profile:
        """Raises CustomerNotFound."""
        profile = self.get(connection, number)
        if profile is None:
            raise CustomerNotFound("there is no such customer")
        return profile

    def lock(self, connection: Connection, number: CustomerNumber) -> None:
        """No other transaction changes this profile until this one ends."""
        connection.execute(select(_c.customer).where(_c.customer == number).with_for_update())

    def contacts(self, connection: Connection, subject: Subject) -> Contacts | None:
        if subject.role is Role.APPLICANT:
            return self._applicant(connection, subject)
        if subject.role not in (Role.CUSTOMER, Role.NOBODY):
            return None
        # Of nobody the same is looked up, in vain, so that a stranger's requests cost the same whoever is known.
        number = subject.customer if subject.role is Role.CUSTOMER else NO_CUSTOMER
        profile, pushes = self.get(connection, number), self.pushes.of(connection, number)
        if profile is None:
            return None
        push = tuple(kept.subscription.text() for kept in pushes)
        return Contacts(subject, profile.mobile, profile.email, push, profile.language)

    @staticmethod
    def frozen(connection: Connection) -> list[CustomerNumber]:
        """The numbers of all customers whose wallets are frozen."""
        return list(connection.execute(select(_c.customer).where(_c.frozen != "")).scalars())

    # --- changing ------------------------------------------------------------------------------------------------

    def add(self, connection: Connection, new: Iterable[NewProfile]) -> None:
        """Raises sqlalchemy's IntegrityError if a mobile number is another customer's."""
        rows = [self._row(profile) for profile in new]
        if rows:
            connection.execute(insert(profiles), rows)

    def put_mobile(self, connection: Connection, number: CustomerNumber, mobile: str, now: int) -> None:
        """By the customer. Raises sqlalchemy's IntegrityError if it is another customer's, CustomerNotFound."""
        sealed = MOBILE.seal(self._cipher, mobile, number)
        self._put_mobile(connection, number, sealed, self.blind(mobile), customer(number))
        connection.execute(delete(mobile_changes).where(mobile_changes.c.customer == number))
        connection.execute(insert(mobile_changes).values(customer=number, at=now))

    def remove_mobile(self, connection: Connection, number: CustomerNumber, by: Subject) -> None:
        """There is no number on file any more: nothing is sent there, and somebody else may register with it.

        Raises CustomerNotFound.
        """
        sealed, nobodys = MOBILE.seal(self._cipher, "", number), self._cipher.blind_index(str(number), "no mobile")
        self._put_mobile(connection, number, sealed, nobodys, by)

    def _put_mobile(
        self, connection: Connection, number: CustomerNumber, sealed: bytes, blind: bytes, by: Subject
    ) -> None:
        self.put(connection, number, mobile=sealed, mobile_blind=blind)
        for tell in self._told:
            tell(connection, number, by)

    def put_email(self, connection: Connection, number: CustomerNumber, email: str) -> None:
        """Raises CustomerNotFound."""
        self.put(connection, number, email=EMAIL.seal(self._cipher, email, number) if email else None)

    def put_frozen(self, connection: Connection, number: CustomerNumber, by: Subject | None, now: int) -> None:
        """Who froze the wallets; None: nobody, any more. Raises CustomerNotFound."""
        self.put(connection, number, frozen=FROZEN if by else "", frozen_at=now, **FROZEN_BY.values(by))

    def cool(self, connection: Connection, number: CustomerNumber, until: int) -> None:
        """The low limits hold until then; a longer time that holds already stays."""
        longer = update(profiles).where(_c.customer == number, _c.cooling_until < until)
        connection.execute(longer.values(cooling_until=until))

    def choose_language(self, connection: Connection, number: CustomerNumber, language: str) -> None:
        """Of messages, until another one is chosen. Raises CustomerNotFound."""
        self.put(connection, number, language=language)  # whose lock two choices at once wait for
        connection.execute(delete(_chosen).where(_chosen.c.customer == number))
        connection.execute(insert(_chosen).values(customer=number))

    def use_language(self, connection: Connection, number: CustomerNumber, language: str) -> None:
        """Of messages, from a sign-in; who has chosen one keeps that."""
        chosen = select(_chosen.c.customer).where(_chosen.c.customer == number).exists()
        connection.execute(update(profiles).where(_c.customer == number, ~chosen).values(language=language))

    def put(self, connection: Connection, number: CustomerNumber, **values: Any) -> None:
        """Raises CustomerNotFound."""
        if not connection.execute(update(profiles).where(_c.customer == number).values(**values)).rowcount:
            raise CustomerNotFound("there is no such customer")

    # --- sealing -------------------------------------------------------------------------------------------------

    def _row(self, new: NewProfile) -> dict[str, Any]:
        number, cipher = new.customer, self._cipher
        return {
            "customer": number,
            "mobile": MOBILE.seal(cipher, new.mobile, number),
            "mobile_blind": self.blind(new.mobile),
            "email": EMAIL.seal(cipher, new.email, number) if new.email else None,
            "language": new.language,
            "cooling_until": 0,
            "frozen": "",
            "frozen_at": 0,
        } | FROZEN_BY.values(None)

    def _profile(self, row: Any) -> Profile:
        number = row.customer
        return Profile(
            number,
            row.id,
            row.name,
            row.level,
            row.created_at,
            MOBILE.text(self._cipher, row.mobile, number),
            EMAIL.text(self._cipher, row.email, number),
            row.language,
            row.cooling_until,
            FROZEN_BY.of(row) if row.frozen and row.frozen_role else None,
            row.frozen_at,
        )

    def _applicant(self, connection: Connection, subject: Subject) -> Contacts | None:
        a = applications.c
        found = select(a.id, a.kind, a.address, a.language).where(SUBJECT.are(applications, subject))
        row = connection.execute(found.order_by(a.created_at.desc()).limit(1)).one_or_none()
        if row is None:
            return None
        address = ADDRESS.text(self._cipher, row.address, row.id)
        mobile, email = ("", address) if row.kind == "email" else (address, "")
        return Contacts(subject, mobile, email, (), row.language)
