"""Quick payment opened or closed by somebody who is not signed in, and may never have been.

Asked are name, document and the whole number of the account, then a code by SMS to the number on file. Whoever gives
wrong details goes on as everybody does, with a challenge that no answer passes: the same is looked up and kept, and
nothing tells whether an account is known. Tries, codes and locks are counted for the number that was typed, never for
its holder: else whoever locks the holder's sign-in could see here whose account it is, or that all details are right.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, insert, or_, select

from feiqian.auth.challenges.model import ChallengeBinding
from feiqian.auth.errors import PreAuthFlowOver
from feiqian.auth.model import ChallengeView
from feiqian.auth.preauth import Asked, PreAuthFlow
from feiqian.auth.strangers import Strangers
from feiqian.clock import DAY
from feiqian.customers.applications import Applications
from feiqian.deposits.model import DepositAccount
from feiqian.deposits.numbers import read_number
from feiqian.deposits.service import Deposits
from feiqian.field_cipher import FieldCipher
from feiqian.ids import NO_CUSTOMER
from feiqian.policy.factors import Purpose
from feiqian.quick.errors import NumberRefused, QuickRefused, QuickThrottled
from feiqian.quick.model import Quick, Way
from feiqian.quick.service import QuickService
from feiqian.quick.tables import asked as table
from feiqian.runtime import network
from feiqian.runtime.locks import lock
from feiqian.runtime.sweeping import beyond_newest, remove_some
from feiqian.runtime.transactions import Refused, writes_or_refuses
from feiqian.subjects import Role, Subject, customer

OPEN, CLOSE = ACTS = ("open", "close")
PER_NETWORK_DAY, PER_ACCOUNT_DAY = 50, 20
KEPT_IN_ALL = 20_000
KIND = "quick"  # of a pre-auth record
LAST = 4  # digits that are said
PRETENDED = "+8613800000000"  # kept where there is no number on file, and nothing is sent to
_c = table.c


@dataclass(kw_only=True, eq=False, repr=False)
class PublicQuick(PreAuthFlow):
    """Whatever is wrong, the answer to `start` is the same as if all were right (abuse cases 43, 95)."""

    kinds = (KIND,)

    cipher: FieldCipher
    applications: Applications
    strangers: Strangers
    deposits: Deposits
    quick: QuickService

    def account_number(self, typed: str) -> str:
        """As it is looked up. Raises NumberRefused for what can be no number of this bank; nothing is looked up."""
        number = read_number(typed, self.deposits.prefix)
        if number is None:
            raise NumberRefused
        return number

    async def start(self, act: str, number: str, document: str, name: str, language: str) -> ChallengeView:
        """`act` is open or close; `number` of the account, `document` and `name` of its holder's document. Nothing is
        sent yet: `send`. Raises NumberRefused, QuickThrottled, QuickRefused for another act.
        """
        if act not in ACTS:
            raise QuickRefused("act")
        number = self.account_number(number)
        return await self.transactions.write(self._start, act, number, document, name, language)

    @writes_or_refuses
    def finish(self, connection: Connection, challenge: str) -> Quick | Refused:
        """Spends the challenge and does it; the service as it is then. Raises QuickRefused (the challenge is spent all
        the same), NotPassed, ChallengeOver, PreAuthFlowOver."""
        subject, now = self._asked(connection, challenge).subject, self.clock.now()
        row = connection.execute(select(table).where(_c.challenge == challenge)).one_or_none()
        if row is None:
            raise PreAuthFlowOver("there is nothing of this kind under way; begin anew")
        self.verification.consume_within(connection, challenge, subject, _binding(row.act, row.ending), now)
        account = self.deposits.by_number(connection, row.account)
        if account is None:
            return Refused(QuickRefused("account"))
        try:
            self._check_number(connection, challenge, account, now)
            self._carry_out(connection, row.act, account, customer(account.customer))
        except QuickRefused as refused:
            return Refused(refused)
        return self.quick.of(connection, account)

    def sweep(self, connection: Connection, now: int, most: int) -> int:
        """Removes what is over."""
        beyond = beyond_newest(connection, table, _c.at > 0, _c.at, KEPT_IN_ALL)
        return len(remove_some(connection, table, or_(_c.at < now - DAY, beyond), most))

    # --- steps -----------------------------------------------------------------------------------------------------

    def _start(
        self, connection: Connection, act: str, number: str, document: str, name: str, language: str
    ) -> ChallengeView:
        """Looks up and keeps as much whatever is right."""
        now, blind = self.clock.now(), self.deposits.number_blind(number)
        network_blind = self.cipher.blind_index(network.client.get(), "quick/network")
        self._count(connection, network_blind, blind, now)
        account = self.deposits.by_number(connection, blind)
        subject = self.records.stranger(Role.NOBODY if account is None else Role.APPLICANT, f"account {number}")
        owner = subject if account is None else customer(account.customer)
        contacts = self.customers.contacts(connection, owner)
        mobile = contacts.mobile if contacts else ""
        hopeless = not (self.records.are_theirs(connection, owner, document, name) and mobile)
        binding = _binding(act, number[-LAST:])
        view = self.verification.begin.within(connection, subject, binding, language, hopeless=hopeless)
        self._send_to(connection, subject, mobile or PRETENDED, language, view.id)
        self.records.remember(connection, view.id, Asked(subject, KIND, language))
        kept = {"act": act, "account": blind, "ending": number[-LAST:], "network": network_blind, "at": now}
        connection.execute(insert(table).values(challenge=view.id, **kept))
        return view

    def _send_to(self, connection: Connection, subject: Subject, mobile: str, language: str, challenge: str) -> None:
        """The number that is on file now is the subject's from here on; of nobody it is only kept."""
        add, now = self.applications.add, self.clock.now()
        application = add(connection, subject, KIND, NO_CUSTOMER, mobile, language, challenge, now)
        given_up = self.strangers.applications(connection, network.client.get(), application.id)
        self.applications.remove(connection, given_up)

    def _check_number(self, connection: Connection, challenge: str, account: DepositAccount, now: int) -> None:
        """The number that the code went to is still the one on file."""
        sent_to = self.applications.by_challenge(connection, challenge, now).address
        if sent_to != self.customers.profiles.need(connection, account.customer).mobile:
            raise QuickRefused("number")

    def _count(self, connection: Connection, network_blind: bytes, account: bytes, now: int) -> None:
        for counted in sorted((network_blind.hex(), account.hex())):
            lock(connection, f"quick payment asked for by {counted}")
        if _of_day(connection, _c.network == network_blind, now) >= PER_NETWORK_DAY:
            raise QuickThrottled("network")
        if _of_day(connection, _c.account == account, now) >= PER_ACCOUNT_DAY:
            raise QuickThrottled("account")

    def _carry_out(self, connection: Connection, act: str, account: DepositAccount, owner: Subject) -> None:
        if act == OPEN:
            self.quick.open_within(connection, account, owner, Way.PAGE)
        else:
            self.quick.close_within(connection, account, owner)


def _binding(act: str, ending: str) -> ChallengeBinding:
    return ChallengeBinding(purpose=Purpose.QUICK_OPENING, kind=act, payer=f"...{ending}")


def _of_day(connection: Connection, which: ColumnElement[bool], now: int) -> int:
    query = select(func.count()).select_from(table).where(which, _c.at > now - DAY)
    return int(connection.execute(query).scalar_one())
