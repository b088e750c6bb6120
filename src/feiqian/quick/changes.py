"""What two of the staff can change of quick payment: open it on an account, pause it, resume it, close it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec
from sqlalchemy import Connection

from feiqian.backoffice.change_kinds import ChangeKind, Fields, Words
from feiqian.backoffice.errors import ChangeInvalid
from feiqian.backoffice.model import Change
from feiqian.deposits.errors import AccountNotFound
from feiqian.deposits.model import AccountState, DepositAccount
from feiqian.deposits.numbers import masked
from feiqian.quick.errors import QuickRefused
from feiqian.quick.model import Pause, Quick, QuickState, Way
from feiqian.services import Services
from feiqian.subjects import Subject

FOLLOWING = {
    QuickState.CLOSED: (QuickState.OPEN,),
    QuickState.OPEN: (QuickState.PAUSED, QuickState.CLOSED),
    QuickState.PAUSED: (QuickState.OPEN, QuickState.CLOSED),
}


class QuickValues(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of which account, by id and the last four digits of its number; `before`: what it is when this is proposed."""

    account: str
    ending: str
    before: QuickState
    state: QuickState


class SetQuick(ChangeKind[QuickValues]):
    """Another state of the service. What staff pause stays paused until staff resume it."""

    name = "quick"
    values = QuickValues
    order = 70
    form = "quick/propose.html"
    confirmed = ("ending", "before", "state")
    fields: ClassVar[Mapping[str, str]] = {
        "quick_account": "account",
        "quick_moved": "account",
        "quick_state": "state",
    }

    def __init__(self, services: Services) -> None:
        self._transactions, self._quick, self._deposits = services.transactions, services.quick, services.deposits

    async def possible(self, about: Subject) -> bool:
        return bool(await self._offered(about))

    async def check(self, about: Subject, values: QuickValues) -> None:
        quick = await self._transactions.read(self._find, about, values)
        if quick.state is not values.before:
            raise ChangeInvalid("quick_moved")
        if values.state not in FOLLOWING[values.before]:
            raise ChangeInvalid("quick_state")
        if values.state is QuickState.OPEN and quick.account.state is not AccountState.OPEN:
            raise ChangeInvalid("quick_account")

    async def apply(self, change: Change, values: QuickValues, by: Subject) -> None:
        try:
            await self._transactions.write(self._put, change.about, values, by)
        except QuickRefused as refused:
            raise ChangeInvalid(f"quick_{refused.reason}") from None

    async def choices(self, about: Subject, words: Words) -> Mapping[str, object]:
        offered = await self._offered(about)
        states = sorted({state for quick in offered for state in FOLLOWING[quick.state]})
        return {
            "accounts": [(_chosen(quick), _line(quick, words)) for quick in offered],
            "states": [(state.value, words.texts(f"staff.quick.{state}")) for state in states],
        }

    def read(self, form: Fields) -> dict[str, object]:
        account, ending, before = (form["account"].split("/") + [""] * 3)[:3]
        return {"account": account, "ending": ending, "before": before, "state": form["state"]}

    def text(self, values: QuickValues, words: Words) -> str:
        before, after = (words.texts(f"staff.quick.{state}") for state in (values.before, values.state))
        return f"{masked(values.ending)}: " + words.texts("staff.change.level", before=before, after=after)

    async def _offered(self, about: Subject) -> list[Quick]:
        """Services of accounts that are not closed."""
        found = await self._quick.all_of(about.customer)
        return [quick for quick in found if quick.account.state is not AccountState.CLOSED]

    def _find(self, connection: Connection, about: Subject, values: QuickValues) -> Quick:
        return self._quick.of(connection, self._account(connection, about, values))

    def _account(self, connection: Connection, about: Subject, values: QuickValues) -> DepositAccount:
        try:
            account = self._deposits.own(connection, about.customer, values.account)
        except AccountNotFound:
            raise ChangeInvalid("quick_account") from None
        if account.last_four != values.ending:
            raise ChangeInvalid("quick_account")
        return account

    def _put(self, connection: Connection, about: Subject, values: QuickValues, by: Subject) -> None:
        account = self._account(connection, about, values)
        if self._quick.of(connection, account).state not in (values.before, values.state):
            raise ChangeInvalid("quick_moved")
        if values.state is QuickState.OPEN:
            self._quick.open_within(connection, account, by, Way.STAFF)
        elif values.state is QuickState.PAUSED:
            self._quick.pause_within(connection, account, by, Pause.STAFF)
        else:
            self._quick.close_within(connection, account, by)


def _chosen(quick: Quick) -> str:
    """A service as the form sends it: what it is then is what the change is proposed from."""
    return f"{quick.account.id}/{quick.account.last_four}/{quick.state}"


def _line(quick: Quick, words: Words) -> str:
    return f"{masked(quick.account.last_four)} · " + words.texts(f"staff.quick.{quick.state}")


CHANGES = (SetQuick,)
