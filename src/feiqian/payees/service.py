"""Whom a sender means, and whether the name fits: asked before every transfer, and again when it is made.

Whoever gives a number learns nothing of whom it belongs to: an unknown number is answered as a known one whose name
does not fit, with as much looked up and kept, and both count towards what one person may ask in a day. What was told
the sender is kept with all that it rests on, so that a transfer is made only while that is still so (abuse case 117).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select

from feiqian.accounts.kinds import wallet_id
from feiqian.auth.base import AccessService
from feiqian.clock import DAY, MINUTE
from feiqian.deposits.service import Deposits
from feiqian.field_cipher import FieldCipher
from feiqian.ids import PAYEE_CHECK, CustomerNumber, new_id
from feiqian.kyc.letters import is_name
from feiqian.ledger.engine import CLOSED, Side
from feiqian.ledger.ledger import Ledger
from feiqian.limits.receiving import Receiving, Sender
from feiqian.money import NO_CURRENCY, NOTHING, CurrencyNumber, MinorUnits
from feiqian.payees.aliases import ReceivingAliases
from feiqian.payees.comparing import LONGEST_NAME, compare_names
from feiqian.payees.errors import (
    CheckNotFound,
    ChecksThrottled,
    PayeeInvalid,
    PayeeIsSender,
    SenderNotVerified,
)
from feiqian.payees.model import Found, NameCheck, NamingWay, Payee, PayeeCheck, Way
from feiqian.payees.tables import TEXT, TYPED, checks
from feiqian.payees.ways import ByAccount, ByAlias, ByMobile
from feiqian.policy.model import Policy
from feiqian.runtime.locks import lock
from feiqian.runtime.sweeping import remove_some
from feiqian.runtime.transactions import reads, writes
from feiqian.strings.masking import masked_name
from feiqian.strings.visible import is_visible

# Of one sender in 24 hours: checks, and those whose name did not fit or whose payee's name was shown.
PER_DAY, UNFITTING_PER_DAY = 100, 10
FRESH = 15 * MINUTE  # that a check may be used to begin a transfer
KEPT = 2 * DAY
_LONGEST = 64  # letters of what names a payee
_FITS = frozenset({NameCheck.MATCH, NameCheck.CLOSE})
_NOT_COUNTED = (NameCheck.MATCH,)
_STOPPED = Side.DEBIT | Side.CREDIT | CLOSED
_c = checks.c


@dataclass(kw_only=True, eq=False, repr=False)
class Payees(AccessService):
    """Of one bank."""

    cipher: FieldCipher
    ledger: Ledger
    deposits: Deposits
    receiving: Receiving
    policy: Policy
    aliases: ReceivingAliases
    _ways: dict[Way, NamingWay] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.take_up(ByMobile(self.customers))
        self.take_up(ByAccount(self.deposits))
        self.take_up(ByAlias(self.aliases))

    def take_up(self, way: NamingWay) -> None:
        """From now on payees are named so, too."""
        self._ways[way.way] = way

    def may_send(self, customer: CustomerNumber) -> bool:
        """Whether it is known who the customer is: others learn of nobody's name here."""
        return self.policy.level_numbered(self.customers.standing(customer)).pays

    # --- checking ----------------------------------------------------------------------------------------------------

    async def check(self, sender: CustomerNumber, way: Way | str, typed: str, name: str) -> PayeeCheck:
        """Compares the name with that of whom this names, and keeps what came of it.

        Raises SenderNotVerified, PayeeInvalid, PayeeIsSender, ChecksThrottled.
        """
        if not self.may_send(sender):
            raise SenderNotVerified
        naming = self._way(way)
        if len(typed) > _LONGEST or not is_visible(typed):
            raise PayeeInvalid("payee")
        name = _read_name(name, needed=not naming.names_itself)
        return await self._check(sender, naming, naming.read(typed), name)

    @writes
    def _check(
        self, connection: Connection, sender: CustomerNumber, naming: NamingWay, text: str, typed: str
    ) -> PayeeCheck:
        now = self.clock.now()
        lock(connection, f"payee checks of {sender}")
        self._count(connection, sender, now)
        payee = self._look(connection, naming, text, typed)
        if payee.customer == sender:
            raise PayeeIsSender
        id = new_id(PAYEE_CHECK, now)
        row = self._kept(payee) | {"id": id, "sender": sender, "at": now}
        sealed = {"text": TEXT.seal(self.cipher, text, id), "typed": TYPED.seal(self.cipher, typed, id)}
        connection.execute(insert(checks).values(row | sealed))
        return self._told(naming, payee, id, now)

    def _told(self, naming: NamingWay, payee: Payee, id: str, now: int) -> PayeeCheck:
        """What the sender may know. Whether the payee receives is told of no one whose name did not fit."""
        fits = payee.check in _FITS
        name = payee.name if payee.check is NameCheck.CLOSE else ""
        if naming.names_itself:
            name = payee.typed
        receives = not fits or self.receives(payee.found)
        currency = payee.found.currency if fits else NO_CURRENCY
        return PayeeCheck(id, payee.way, payee.check, payee.shown, name, payee.typed, receives, currency, now)

    def _count(self, connection: Connection, sender: CustomerNumber, now: int) -> None:
        """Raises ChecksThrottled."""
        such = select(_c.at).where(_c.sender == sender, _c.at > now - DAY).order_by(_c.at.desc())
        unfitting = such.where(_c.outcome.not_in(_NOT_COUNTED))
        for query, most in ((such, PER_DAY), (unfitting, UNFITTING_PER_DAY)):
            at = connection.execute(query.offset(most - 1).limit(1)).scalar()
            if at is not None:
                raise ChecksThrottled(int(at) + DAY)

    # --- at the transfer ---------------------------------------------------------------------------------------------

    def again(self, connection: Connection, sender: CustomerNumber, id: str) -> tuple[Payee, bool, int]:
        """The payee of a check as of now, whether all is as it was told, and when that was. Raises CheckNotFound."""
        row = connection.execute(select(checks).where(_c.id == id, _c.sender == sender)).one_or_none()
        if row is None or row.at <= self.clock.now() - KEPT:
            raise CheckNotFound
        text, typed = TEXT.text(self.cipher, row.text, id), TYPED.text(self.cipher, row.typed, id)
        payee = self._look(connection, self._way(row.way), text, typed)
        kept = self._kept(payee)
        same = all(_plain(kept[name]) == _plain(getattr(row, name)) for name in kept)
        return payee, same, row.at

    @reads
    def of_check(self, connection: Connection, sender: CustomerNumber, id: str) -> PayeeCheck:
        """What the sender was told of the payee, as of now. Raises CheckNotFound, also where it is not so any more."""
        payee, same, at = self.again(connection, sender, id)
        if not same or at <= self.clock.now() - FRESH:
            raise CheckNotFound
        return self._told(self._way(payee.way), payee, id, at)

    def named(self, connection: Connection, way: Way, text: str, typed: str) -> Payee:
        """Whom this names now, for what was agreed before: a schedule, a request. Not counted: the caller knows why."""
        return self._look(connection, self._way(way), text, typed)

    def account_of(self, found: Found, currency: CurrencyNumber) -> bytes:
        """Where money of this currency goes."""
        return found.account or wallet_id(currency, found.customer)

    def receives(self, found: Found, currency: CurrencyNumber = NO_CURRENCY, amount: MinorUnits = NOTHING) -> bool:
        """Whether others may send this customer so much now (currency 0: the bank's first). Never awaits: whoever posts
        asks right before.

        Not one of these is told apart: the account is closed or frozen, its owner was not seen face to face, it would
        hold too much.
        """
        currency = found.currency or currency or self.policy.currency
        account = self.account_of(found, currency)
        held = self.ledger.engine.account(account)
        if held is None or held.closed_and_frozen & _STOPPED:
            return False
        return self.receiving.refused(found.customer, currency, account, amount, Sender.STRANGER) is None

    def sweep(self, connection: Connection, now: int, most: int) -> int:
        """Removes checks that count no more."""
        return len(remove_some(connection, checks, _c.at < now - KEPT, most))

    # --- how ---------------------------------------------------------------------------------------------------------

    def _way(self, way: Way | str) -> NamingWay:
        try:
            return self._ways[Way(way)]
        except (ValueError, KeyError):
            raise PayeeInvalid("way") from None

    def _look(self, connection: Connection, naming: NamingWay, text: str, typed: str) -> Payee:
        """As much is looked up whether anybody is known."""
        found = naming.find(connection, text)
        customer = self.customers.by_number(connection, found.customer)
        name = customer.name if customer is not None else ""
        check = compare_names(typed, name)
        if naming.names_itself:
            check, typed = NameCheck.MATCH if found.known else NameCheck.NO_MATCH, masked_name(name)
        shown = naming.shown(text)
        bound = [naming.way, text, typed, found, name, check]
        digest = hashlib.sha256(msgspec.json.encode(bound)).hexdigest()
        return Payee(naming.way, found, check, shown, name, typed, text, digest)

    def _kept(self, payee: Payee) -> dict[str, Any]:
        """What the sender was told rests on."""
        return {
            "way": payee.way,
            "name": self.cipher.blind_index(payee.name, "payees/name"),
            "receiver": payee.customer,
            "account": payee.found.account,
            "currency": payee.found.currency,
            "outcome": payee.check,
        }


def _read_name(typed: str, *, needed: bool) -> str:
    """Raises PayeeInvalid."""
    name = " ".join(typed.split())
    if not name and not needed:
        return ""
    if not name or len(name) > LONGEST_NAME or not is_visible(name) or not is_name(name):
        raise PayeeInvalid("name", "missing" if not name else "invalid")
    return name


def _plain(value: Any) -> Any:
    """As it is compared, whichever database it comes from."""
    return bytes(value) if isinstance(value, memoryview) else value
