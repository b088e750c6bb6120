"""Requests for money: made, declined, withdrawn, reminded of, reported, and ended. How they are paid is `paying`.

Whoever asks learns nothing of whom they ask: a request to a number or an alias that nobody has, or to somebody who does
not want to be asked by them, is kept, counted and shown as any other, and ends unanswered (abuse cases 43 and 112). So
is one more to somebody who was asked by another of their names as often as may be: nobody learns which names are one
person's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, or_, select, update

from feiqian.auth.base import AccessService
from feiqian.clock import DAY
from feiqian.deposits.aliases import read_alias, skeleton
from feiqian.deposits.errors import AccountInvalid
from feiqian.events import PersonTransferDecided, PersonTransferEnded
from feiqian.field_cipher import FieldCipher, SealBroken
from feiqian.ids import MONEY_REQUEST, NO_CUSTOMER, RECEIVE_CODE, CustomerNumber, new_id
from feiqian.kyc.errors import NumberInvalid
from feiqian.kyc.numbers import mobile
from feiqian.ledger.bounds import MAX_AMOUNT
from feiqian.money import BY_NUMBER
from feiqian.notify.values import Amount, Value
from feiqian.payees.model import Found, Way
from feiqian.payees.service import Payees
from feiqian.requests import settling
from feiqian.requests.codes import ReceiveCodes
from feiqian.requests.errors import (
    CannotReceive,
    RemindedToday,
    RequestInvalid,
    RequestNotFound,
    RequestNumberUsed,
    RequestOver,
    RequestsThrottled,
)
from feiqian.requests.model import (
    KEPT,
    LIFE,
    LONGEST_NOTE,
    LONGEST_NUMBER,
    OPEN_OF_ONE,
    REMIND_EVERY,
    REQUESTS_A_DAY,
    TO_ONE_A_DAY,
    TOLD_A_DAY,
    MoneyRequest,
    RequestStatus,
    Wish,
)
from feiqian.requests.tables import LABEL, NOTE, blocks, requests
from feiqian.runtime import logs
from feiqian.runtime.locks import lock
from feiqian.runtime.paging import FIRST, Ask, Order, Page, page_of
from feiqian.runtime.sweeping import remove_some
from feiqian.runtime.transactions import reads, writes
from feiqian.strings.links import without_links
from feiqian.strings.masking import masked_name
from feiqian.strings.visible import is_visible

PAGE = 30
_c = requests.c
_NEWEST_FIRST = Order((_c.id,))
_WAITING = (RequestStatus.OPEN, RequestStatus.HELD)
_log = logs.get("feiqian.requests")


@dataclass(kw_only=True, eq=False, repr=False)
class MoneyRequests(AccessService):
    """Of one bank."""

    cipher: FieldCipher
    payees: Payees
    codes: ReceiveCodes

    # --- by who asks -------------------------------------------------------------------------------------------------

    @writes
    def ask(self, connection: Connection, asker: CustomerNumber, wish: Wish) -> MoneyRequest:
        """Asks somebody for money; again, with the same number, it is the first request.

        Raises RequestInvalid, RequestNumberUsed, RequestsThrottled, CannotReceive, ReceiveCodeInvalid.
        """
        check_number(wish.number)
        lock(connection, f"requests of {asker}")
        row = self._numbered(connection, asker, wish.number)
        if row is not None:
            found, person = self._shown(connection, row), self._blind(self._person(connection, wish.person)[0])
            asked = person, wish.amount, wish.currency, neutral(wish.note)
            if asked != (bytes(row.person), found.amount, found.currency, found.note):
                raise RequestNumberUsed(wish.number)
            return found
        made = self.put(connection, asker, wish, wish.number)
        self.tell_asked(connection, [made])
        return made

    def put(
        self, connection: Connection, asker: CustomerNumber, wish: Wish, number: str, split: str = ""
    ) -> MoneyRequest:
        """A new request in the caller's transaction, which has the lock of the asker's requests. Nobody is told yet.

        Raises RequestInvalid, RequestsThrottled, CannotReceive, ReceiveCodeInvalid.
        """
        if not 0 < wish.amount <= MAX_AMOUNT:
            raise RequestInvalid("amount")
        if wish.currency not in BY_NUMBER or not self.payees.receives(Found(asker), wish.currency, wish.amount):
            raise CannotReceive
        note, text, found, label = neutral(wish.note), *self._person(connection, wish.person)
        if found == asker:
            raise RequestInvalid("person", "yourself")
        now, person = self.clock.now(), self._blind(text)
        self._count(connection, asker, _c.person == person, now)
        unheard = self._is_blocked(connection, found, asker) or self._is_asked_enough(connection, found, asker, now)
        asked = NO_CUSTOMER if unheard else found
        id = new_id(MONEY_REQUEST, now)
        row: dict[str, Any] = {
            "id": id,
            "asker": asker,
            "number": number,
            "asked": asked,
            "person": person,
            "amount": wish.amount,
            "currency": wish.currency,
            "status": RequestStatus.OPEN,
            "attempt": 1,
            "transfer": "",
            "split": split,
            "note": NOTE.seal(self.cipher, note, id),
            "label": LABEL.seal(self.cipher, label, id),
            "asked_at": now,
            "ends_at": now + LIFE,
            "ended_at": 0,
            "reminded_at": 0,
            "case_id": "",
            "reported_at": 0,
        }
        connection.execute(insert(requests).values(row))
        return self.one(connection, _c.id == id)

    @writes
    def remind(self, connection: Connection, asker: CustomerNumber, id: str) -> MoneyRequest:
        """Asks again, once a day at most. Raises RequestNotFound, RequestOver, RemindedToday."""
        found = self._locked(connection, _c.asker == asker, id)
        return self.remind_again(connection, found)

    def remind_again(self, connection: Connection, found: MoneyRequest) -> MoneyRequest:
        """The same, in the caller's transaction. Raises RequestOver, RemindedToday."""
        now = self.clock.now()
        self._require(found, RequestStatus.OPEN)
        again_at = max(found.asked_at, found.reminded_at) + REMIND_EVERY
        if now < again_at:
            raise RemindedToday(again_at)
        as_found = (_c.id == found.id, _c.status == RequestStatus.OPEN, _c.reminded_at == found.reminded_at)
        if not connection.execute(update(requests).where(*as_found).values(reminded_at=now)).rowcount:
            self._require(self.one(connection, _c.id == found.id), RequestStatus.OPEN)
            raise RemindedToday(now + REMIND_EVERY)  # by another in the same moment
        self._tell(connection, found, "money_asked_again", now)
        return self.one(connection, _c.id == found.id)

    @writes
    def withdraw(self, connection: Connection, asker: CustomerNumber, id: str) -> MoneyRequest:
        """Asks no more. Money that was confirmed in the same moment comes, and the request is paid then.

        Raises RequestNotFound, RequestOver."""
        found = self._locked(connection, _c.asker == asker, id)
        if found.status is not RequestStatus.WITHDRAWN:
            self._require(found, RequestStatus.OPEN)
            self._end(connection, found, RequestStatus.WITHDRAWN, self.clock.now())
        return self.one(connection, _c.id == id)

    # --- by who is asked ---------------------------------------------------------------------------------------------

    @writes
    def decline(self, connection: Connection, asked: CustomerNumber, id: str) -> MoneyRequest:
        """Pays nothing; the asker is told. Raises RequestNotFound, RequestOver."""
        found = self._locked(connection, _c.asked == asked, id)
        if found.status is not RequestStatus.DECLINED:
            self._require(found, RequestStatus.OPEN)
            self.declined(connection, found)
        return self.one(connection, _c.id == id)

    def declined(self, connection: Connection, found: MoneyRequest) -> None:
        """One that is open, in the caller's transaction."""
        now = self.clock.now()
        self._end(connection, found, RequestStatus.DECLINED, now)
        self._answered(connection, found, "money_refused", now)

    # --- by both -----------------------------------------------------------------------------------------------------

    @reads
    def get(self, connection: Connection, customer: CustomerNumber, id: str) -> MoneyRequest:
        """One that this customer has made, or was sent. Raises RequestNotFound."""
        return self.one(connection, _c.id == id, or_(_c.asker == customer, _c.asked == customer))

    @reads
    def made_by(
        self, connection: Connection, asker: CustomerNumber, ask: Ask = FIRST, limit: int = PAGE
    ) -> Page[MoneyRequest]:
        """The newest first."""
        return self._page(connection, _c.asker == asker, ask, limit)

    @reads
    def sent_to(
        self, connection: Connection, asked: CustomerNumber, ask: Ask = FIRST, limit: int = PAGE
    ) -> Page[MoneyRequest]:
        """The newest first."""
        return self._page(connection, _c.asked == asked, ask, limit)

    def page(self, connection: Connection, customer: CustomerNumber, ask: Ask, limit: int) -> Page[MoneyRequest]:
        """Those that this customer has made or was sent, the newest first, in the caller's transaction."""
        return self._page(connection, or_(_c.asker == customer, _c.asked == customer), ask, limit)

    @reads
    def waiting(self, connection: Connection, asked: CustomerNumber) -> int:
        """How many wait for this customer's answer."""
        return self._number(connection, _c.asked == asked, *self._open())

    # --- as it happens -----------------------------------------------------------------------------------------------

    def settle(self, connection: Connection, fact: PersonTransferDecided | PersonTransferEnded) -> None:
        """Takes in what became of a transfer, whose fact may come again; the asker is told of the first that pays, and
        of money that came back from somebody who has blocked them."""
        settled = settling.settled(connection, fact)
        if settled is None:
            return
        found = self.one(connection, _c.id == settled.id)
        if settled.paid:
            self._answered(connection, found, "money_came", self.clock.now())
        elif self._is_blocked(connection, found.asked, found.asker):
            self.declined(connection, found)  # blocked while the money was on its way

    def sweep(self, connection: Connection, now: int, most: int) -> int:
        """Ends what nobody has answered, and removes what ended long ago."""
        over = select(requests).where(_c.status == RequestStatus.OPEN, _c.ends_at <= now).limit(most)
        rows = connection.execute(over.with_for_update(skip_locked=True)).all()
        for row in rows:
            self._unanswered(connection, row, now)
        old = _c.status.not_in(_WAITING) & (_c.ended_at < now - KEPT)
        return len(rows) + len(remove_some(connection, requests, old, most - len(rows))) if len(rows) < most else most

    def _unanswered(self, connection: Connection, row: Any, now: int) -> None:
        """One whose words cannot be read ends, too: the others must not wait for it."""
        try:
            found = self._shown(connection, row)
        except SealBroken as error:
            _log.error("request_not_read", request=row.id, why=str(error))
            ended = {"status": RequestStatus.ENDED, "ended_at": row.ends_at}
            connection.execute(update(requests).where(_c.id == row.id).values(ended))
            return
        self._end(connection, found, RequestStatus.ENDED, found.ends_at)
        self._answered(connection, found, "money_unanswered", now)

    # --- how ---------------------------------------------------------------------------------------------------------

    def one(self, connection: Connection, *which: ColumnElement[bool]) -> MoneyRequest:
        """Raises RequestNotFound."""
        row = connection.execute(select(requests).where(*which)).one_or_none()
        if row is None:
            raise RequestNotFound
        return self._shown(connection, row)

    def all_of(self, connection: Connection, which: ColumnElement[bool]) -> list[MoneyRequest]:
        """In the order in which they were made."""
        rows = connection.execute(select(requests).where(which).order_by(_c.asked_at, _c.number)).all()
        return [self._shown(connection, row) for row in rows]

    def _locked(self, connection: Connection, whose: ColumnElement[bool], id: str) -> MoneyRequest:
        lock(connection, f"request {id}")
        return self.one(connection, _c.id == id, whose)

    def _person(self, connection: Connection, person: str) -> tuple[str, CustomerNumber, str]:
        """What was given in one form, whom it names, and how the asker is shown them."""
        if person.startswith(RECEIVE_CODE):
            code = self.codes.scanned.within(connection, person)
            return f"customer {code.customer}", code.customer, code.name
        if any(letter.isalpha() for letter in person):
            return self._by_alias(connection, person)
        try:
            number = mobile(person)
        except NumberInvalid:
            raise RequestInvalid("person") from None
        found = self.payees.named(connection, Way.MOBILE, number, "")
        return number, found.customer, number

    def _by_alias(self, connection: Connection, typed: str) -> tuple[str, CustomerNumber, str]:
        try:
            alias = read_alias(typed)
        except AccountInvalid:
            raise RequestInvalid("person") from None
        found = self.payees.named(connection, Way.ALIAS, alias, "")
        return f"alias {skeleton(alias)}", found.customer, alias

    def _count(self, connection: Connection, asker: CustomerNumber, same: ColumnElement[bool], now: int) -> None:
        """Raises RequestsThrottled."""
        mine, today = _c.asker == asker, _c.asked_at > now - DAY
        if self._number(connection, mine, *self._open()) >= OPEN_OF_ONE:
            raise RequestsThrottled(0)
        for which, most in (((mine, today), REQUESTS_A_DAY), ((mine, today, same), TO_ONE_A_DAY)):
            newest = select(_c.asked_at).where(*which).order_by(_c.asked_at.desc())
            at = connection.execute(newest.offset(most - 1).limit(1)).scalar()
            if at is not None:
                raise RequestsThrottled(int(at) + DAY)

    def _is_asked_enough(self, connection: Connection, asked: CustomerNumber, asker: CustomerNumber, now: int) -> bool:
        """Whether somebody who is known was asked as often as may be in a day, however they were named."""
        if asked == NO_CUSTOMER:
            return False
        pair = _c.asker == asker, _c.asked == asked, _c.asked_at > now - DAY
        return self._number(connection, *pair) >= TO_ONE_A_DAY

    def _is_blocked(self, connection: Connection, customer: CustomerNumber, asker: CustomerNumber) -> bool:
        such = select(blocks.c.at).where(blocks.c.customer == customer, blocks.c.asker == asker)
        return connection.execute(such).scalar() is not None

    def _open(self) -> tuple[ColumnElement[bool], ...]:
        return _c.status == RequestStatus.OPEN, _c.ends_at > self.clock.now()

    def _number(self, connection: Connection, *which: ColumnElement[bool]) -> int:
        return int(connection.execute(select(func.count()).select_from(requests).where(*which)).scalar_one())

    def _numbered(self, connection: Connection, asker: CustomerNumber, number: str) -> Any:
        return connection.execute(select(requests).where(_c.asker == asker, _c.number == number)).one_or_none()

    def _blind(self, person: str) -> bytes:
        return self.cipher.blind_index(person, "requests/person")

    def _end(self, connection: Connection, found: MoneyRequest, status: RequestStatus, at: int) -> None:
        """Of one that is open still, whatever has been paid meanwhile. Raises RequestOver."""
        still = (_c.id == found.id, _c.status == RequestStatus.OPEN)
        changed = connection.execute(update(requests).where(*still).values(status=status, ended_at=at))
        if not changed.rowcount:
            raise RequestOver(self.one(connection, _c.id == found.id).status)

    @staticmethod
    def _require(found: MoneyRequest, *states: RequestStatus) -> None:
        if found.status not in states:
            raise RequestOver(found.status)

    def _page(self, connection: Connection, which: ColumnElement[bool], ask: Ask, limit: int) -> Page[MoneyRequest]:
        found = page_of(connection, select(requests).where(which), _NEWEST_FIRST, ask, limit)
        return found.of([self._shown(connection, row) for row in found.items])

    def _shown(self, connection: Connection, row: Any) -> MoneyRequest:
        asker = self.customers.by_number(connection, row.asker)
        over = row.status is RequestStatus.OPEN and row.ends_at <= self.clock.now()
        return MoneyRequest(
            id=row.id,
            asker=row.asker,
            asked=row.asked,
            amount=row.amount,
            currency=row.currency,
            status=RequestStatus.ENDED if over else row.status,
            attempt=row.attempt,
            transfer=row.transfer,
            split=row.split,
            asked_at=row.asked_at,
            ends_at=row.ends_at,
            ended_at=row.ends_at if over else row.ended_at,
            reminded_at=row.reminded_at,
            reported=bool(row.reported_at),
            note=NOTE.text(self.cipher, row.note, row.id),
            label=LABEL.text(self.cipher, row.label, row.id),
            asker_name=masked_name(asker.name) if asker is not None else "",
        )

    # --- what is told ------------------------------------------------------------------------------------------------

    def tell_asked(self, connection: Connection, made: Sequence[MoneyRequest]) -> None:
        """Tells who is asked. Each of them is locked for it, always in one order: two who ask the same people at once
        would else wait for each other for ever."""
        for one in sorted(made, key=lambda one: one.asked):
            self._tell(connection, one, "money_asked", self.clock.now())

    def _tell(self, connection: Connection, found: MoneyRequest, kind: str, now: int) -> None:
        """Who is asked; by message only so often in a day, whoever asks."""
        if found.asked == NO_CUSTOMER:
            return
        values, path = _values(found.asker_name, found), f"/requests/{found.id}"
        lock(connection, f"told of requests {found.asked}")
        since = _c.asked == found.asked
        told = self._number(connection, since, _c.asked_at > now - DAY, _c.id != found.id)
        told += self._number(connection, since, _c.reminded_at > now - DAY, _c.id != found.id)
        if told < TOLD_A_DAY:
            self.notices.tell(connection, found.asked, kind, now, values, path)
        else:
            self.notices.inbox.put(connection, found.asked, kind, values, path, now=now)

    def _answered(self, connection: Connection, found: MoneyRequest, kind: str, now: int) -> None:
        """Who has asked, in the inbox: money that came is told as all that comes is."""
        values = _values(found.label, found)
        path, once = f"/requests/{found.id}", f"{kind} {found.id}"
        self.notices.inbox.put(connection, found.asker, kind, values, path, once=once, now=now)


def check_number(number: str) -> None:
    """Raises RequestInvalid."""
    if not 0 < len(number) <= LONGEST_NUMBER or not is_visible(number):
        raise RequestInvalid("number")


def neutral(note: str) -> str:
    """A note in one line of bounded length, of which no phone makes a link. Raises RequestInvalid."""
    line = " ".join(note.split())
    if len(line) > LONGEST_NOTE or not is_visible(line):
        raise RequestInvalid("note")
    return without_links(line)


def _values(name: str, found: MoneyRequest) -> dict[str, Value]:
    return {"name": name, "amount": Amount(found.amount, found.currency)}
