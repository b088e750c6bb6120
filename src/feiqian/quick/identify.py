"""Who pays, by what a stranger gives: a mobile number and an account's last six digits or its alias.

Known or unknown, right or wrong, the same is looked up, counted and kept, until one of the number's is paid. Tries of
strangers are counted by number and by what was given for the account, of each network for itself; besides, by number
over all networks, and by network over all numbers. Those from a device that the owner has signed in on count for
themselves, so that no stranger uses up the owner's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, select, true, update

from feiqian.auth.preauth import PreAuthRecords
from feiqian.auth.sessions import devices
from feiqian.clock import DAY, HOUR
from feiqian.columns import SUBJECT
from feiqian.deposits.aliases import skeleton
from feiqian.deposits.model import AccountState, DepositAccount
from feiqian.field_cipher import FieldCipher
from feiqian.ids import NO_CUSTOMER
from feiqian.quick.model import QuickState
from feiqian.quick.paying_errors import AttemptsThrottled
from feiqian.quick.paying_tables import quick_payments
from feiqian.quick.service import QuickService
from feiqian.runtime import network
from feiqian.runtime.locks import lock
from feiqian.strings.normal import code_digits
from feiqian.subjects import Role, Subject

SIX = 6
PER_NUMBER_HOUR, PER_ACCOUNT_HOUR, PER_NETWORK_DAY = 10, 6, 200
PER_NUMBER_ANYWHERE_HOUR = 60
STRANGERS, OWNERS = 1, 2  # whose try it is; 0: it counts no more
_c = quick_payments.c


class Identified(NamedTuple):
    """Whose number it is (or nobody's), which accounts are meant, and how the try is counted; `device`: the id of the
    device, if its owner has signed in on it."""

    subject: Subject
    accounts: tuple[DepositAccount, ...]
    network: bytes
    named: bytes
    counted: int = 0
    device: str | None = None


@dataclass(kw_only=True, eq=False, repr=False)
class Identify:
    """`quick` knows which accounts are open to quick payment."""

    records: PreAuthRecords
    cipher: FieldCipher
    quick: QuickService

    def by_mobile(
        self, connection: Connection, mobile: str, given: str, now: int, device_token: str | None = None
    ) -> Identified:
        """The number in E.164. The caller keeps what was begun, in this transaction. Raises AttemptsThrottled."""
        owner, given = self.records.owner(connection, mobile), _as_looked_up(given)
        from_here = self.cipher.blind_index(network.client.get(), "quick/network")
        named = self.cipher.blind_index(f"{owner}/{given}", "quick/named")
        for name in sorted((from_here.hex(), named.hex(), str(owner))):
            lock(connection, f"quick payments of {name}")
        device = devices.known(connection, owner, device_token)
        theirs, here = SUBJECT.are(quick_payments, owner), _c.network == from_here
        counted = STRANGERS if device is None else OWNERS
        place = here if device is None else true()
        _check(connection, theirs & place, counted, HOUR, PER_NUMBER_HOUR, now)
        _check(connection, (_c.named == named) & place, counted, HOUR, PER_ACCOUNT_HOUR, now)
        _check(connection, theirs, counted, HOUR, PER_NUMBER_ANYWHERE_HOUR, now)
        _check(connection, here, counted, DAY, PER_NETWORK_DAY, now)
        number = owner.customer if owner.role is Role.CUSTOMER else NO_CUSTOMER
        accounts = tuple(self.quick.candidates(connection, number, given))
        return Identified(owner, accounts, from_here, named, counted, device.id if device else None)

    def remembered(
        self, connection: Connection, account: DepositAccount, now: int, device_token: str | None = None
    ) -> Identified:
        """Of a browser that remembers this account: counted as if number and digits had been given. Raises
        AttemptsThrottled."""
        mobile = self.quick.customers.profiles.need(connection, account.customer).mobile
        six = self.quick.deposits.number(connection, account.id)[-SIX:]
        found = self.by_mobile(connection, mobile, six, now, device_token)
        return found._replace(accounts=tuple(one for one in found.accounts if one.id == account.id))

    def own(self, connection: Connection, customer: Subject, given: str) -> Identified:
        """Of a customer who is signed in: counted nowhere."""
        return Identified(customer, tuple(self.quick.candidates(connection, customer.customer, given)), b"", b"")

    def usable(self, connection: Connection, account: DepositAccount) -> bool:
        """Whether an account that was found is open to quick payment still."""
        return account.state is AccountState.OPEN and self.quick.of(connection, account).state is QuickState.OPEN


def forget_tries(connection: Connection, subject: Subject) -> None:
    """The number's owner has paid: what they, or others, tried with it before counts no more."""
    connection.execute(update(quick_payments).where(SUBJECT.are(quick_payments, subject)).values(counted=0))


def _as_looked_up(given: str) -> str:
    """Of a longer number its last six digits: whether the others are right is not looked at for a stranger. Of an alias
    what all have in common that look like it: trying is counted for all of them together."""
    digits = code_digits(given)
    return skeleton(given) if digits is None else digits[-SIX:]


def _check(connection: Connection, which: ColumnElement[bool], counted: int, span: int, most: int, now: int) -> None:
    """Whether another may be begun: fewer than `most` of these, counted so, within `span`."""
    such = select(_c.created_at).where(which, _c.counted == counted, _c.created_at > now - span)
    oldest_that_counts = such.order_by(_c.created_at.desc()).offset(most - 1).limit(1)
    if (at := connection.execute(oldest_that_counts).scalar()) is not None:
        raise AttemptsThrottled(int(at) + span)
