"""Each kind of ledger intent that the bank has: cut in two at either place, decided twice at once, swept again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from staffed import Staffed

from feiqian.auth.errors import NotFrozen
from feiqian.auth.freezing import UNFREEZE
from feiqian.backoffice.change_requests import CHANGE_REQUEST
from feiqian.backoffice.errors import ChangeOver
from feiqian.backoffice.model import ChangeState, StaffMember
from feiqian.ledger_intents.model import IntentKind
from feiqian.money import CNY
from feiqian.onboarding.real_name import LEVEL
from feiqian.runtime.work import TooBusy, WorkOverdue
from feiqian.subjects import Subject

WHY = "agreed with her by telephone"


class PowerCut(BaseException):
    """Nothing handles it."""


class Kind(NamedTuple):
    """How it is decided, what of Accounts carries it out, how it stands afterwards, and its entry in the audit log."""

    decide: Callable[[], Coroutine[Any, Any, Any]]
    in_ledger: str
    stands: Callable[[Staffed], tuple[Any, Any]]  # in the bank's database, and in the ledger
    before: tuple[Any, Any]
    after: tuple[Any, Any]
    action: str
    second: type[Exception] | None  # what a second decision at once gets


def level(desk: Staffed, mei: Subject, bob: StaffMember) -> Kind:
    def stands(bank: Staffed) -> tuple[Any, Any]:
        return bank.customers.standing(mei.number), bank.services.accounts.day_limit(mei.number, CNY.number)

    limits = {level.name: level.limits[CNY.number].day for level in desk.services.policy.levels if level.limits}
    raised = lambda: desk.real_name.raise_level(mei.number, "full", bob.subject)  # noqa: E731
    return Kind(raised, "open", stands, (1, limits["remote"]), (2, limits["full"]), "level_set", None)


def unfreeze(desk: Staffed, mei: Subject, bob: StaffMember) -> Kind:
    def stands(bank: Staffed) -> tuple[Any, Any]:
        profile = bank.customers.profile(mei.number)
        assert profile is not None
        return profile.frozen, bank.services.accounts.frozen(mei.number)

    desk.run(desk.freezing.freeze(mei.number, bob.subject))
    unfrozen = lambda: desk.freezing.unfreeze(mei.number, bob.subject)  # noqa: E731
    return Kind(unfrozen, "unfreeze", stands, (True, True), (False, False), "unfrozen", NotFrozen)


def change_request(desk: Staffed, mei: Subject, bob: StaffMember) -> Kind:
    alice, values = desk.member("alice", "supporter"), {"currency": CNY.number, "amount": 25_00}
    change = desk.run(desk.changes.propose("adjust", mei, values, alice, WHY))
    challenge = desk.run(desk.proved(change.id, bob))

    def stands(bank: Staffed) -> tuple[Any, Any]:
        now = bank.run(bank.changes.get(change.id)).state
        return now, bank.run(bank.services.accounts.balance(mei.number, CNY.number))

    approved = lambda: desk.changes.approve(change.id, bob, challenge)  # noqa: E731
    applying, applied = (ChangeState.APPLYING, 100_00), (ChangeState.APPLIED, 125_00)
    return Kind(approved, "adjust", stands, applying, applied, "change_applied", ChangeOver)


KINDS = {LEVEL: level, UNFREEZE: unfreeze, CHANGE_REQUEST: change_request}


@pytest.fixture
def mei(bank: Staffed) -> Subject:
    mei = bank.checked().session.subject
    bank.fund(mei.number)
    return mei


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest, bank: Staffed, mei: Subject) -> Kind:
    return KINDS[request.param](bank, mei, bank.member("bob", "approver"))


def cut_off(*_: object, **__: object) -> Any:
    raise PowerCut


@pytest.mark.parametrize("done_in_ledger", [False, True])
def test_what_a_crash_cuts_in_two_is_finished_once_at_the_start(
    bank: Staffed, mei: Subject, kind: Kind, done_in_ledger: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    audited = bank.actions(str(mei)).count(kind.action)
    cut = (bank.intents, "_complete") if done_in_ledger else (bank.services.accounts, kind.in_ledger)
    with monkeypatch.context() as patch:
        patch.setattr(*cut, cut_off)
        with pytest.raises(PowerCut):
            bank.run(kind.decide())
    again = bank.again()
    assert kind.stands(again) == (kind.before[0], (kind.after if done_in_ledger else kind.before)[1])
    assert [again.run(again.intents.sweep()) for _ in range(2)] == [1, 0]
    assert kind.stands(again) == kind.after
    assert again.actions(str(mei)).count(kind.action) == audited + 1
    again.close()


def test_what_is_decided_twice_at_once_beside_a_sweep_is_done(bank: Staffed, mei: Subject, kind: Kind) -> None:
    async def at_once() -> list[Any]:
        return await asyncio.gather(kind.decide(), kind.decide(), bank.intents.sweep(), return_exceptions=True)

    audited = bank.actions(str(mei)).count(kind.action)
    failed = [type(outcome) for outcome in bank.run(at_once()) if isinstance(outcome, Exception)]
    assert failed == [kind.second] * (kind.second is not None)
    assert kind.stands(bank) == kind.after
    assert bank.actions(str(mei)).count(kind.action) == audited + (2 if kind.second is None else 1)
    assert bank.run(bank.intents.sweep()) == 0


@pytest.mark.parametrize("error", [TooBusy(), WorkOverdue("no answer"), KeyError("a defect")])
def test_a_change_whose_level_is_still_to_be_completed_is_not_called_failed(
    bank: Staffed, mei: Subject, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob, completed = bank.member("alice", "supporter"), bank.member("bob", "approver"), bank.intents._complete
    values = {"level": "full", "before": "remote"}
    change = bank.run(bank.changes.propose("set_level", mei, values, alice, WHY))

    def fails_for_levels(*given: object) -> None:
        if any(isinstance(one, IntentKind) and one.name == LEVEL for one in given):
            raise error
        completed(*given)

    with monkeypatch.context() as patch:
        patch.setattr(bank.intents, "_complete", fails_for_levels)
        with pytest.raises(type(error)):
            bank.run(bank.approve(change.id, bob))
    assert bank.run(bank.changes.get(change.id)).state is ChangeState.APPLYING
    assert bank.run(bank.intents.sweep()) in (1, 2)  # the change carries the level out, or finds it carried out
    assert bank.run(bank.changes.get(change.id)).state is ChangeState.APPLIED
    assert bank.customers.standing(mei.number) == 2
    assert "change_failed" not in bank.actions()


def test_a_change_of_which_the_database_says_nothing_is_carried_out_again(bank: Staffed) -> None:
    alice, bob, eve = (bank.member(*one) for one in (("alice", "admin"), ("bob", "approver"), ("eve", "reviewer")))
    values = {"roles": ["auditor"]}
    change = bank.run(bank.changes.propose("staff_roles", eve.subject, values, alice, WHY))
    challenge = bank.run(bank.proved(change.id, bob))
    said: list[str] = []

    def asked(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        said.extend(["set"] * statement.startswith("UPDATE staff_members SET roles"))

    def lost(_: object) -> None:
        if said == ["set"]:
            said.append("lost")
            raise OperationalError("COMMIT", None, Exception("the server closed the connection unexpectedly"))

    event.listen(bank.db.engine, "before_cursor_execute", asked)
    event.listen(bank.db.engine, "commit", lost)
    with pytest.raises(OperationalError):
        bank.run(bank.changes.approve(change.id, bob, challenge))
    event.remove(bank.db.engine, "commit", lost)
    event.remove(bank.db.engine, "before_cursor_execute", asked)
    assert bank.run(bank.changes.get(change.id)).state is ChangeState.APPLYING
    assert bank.run(bank.intents.sweep()) == 1
    assert bank.run(bank.changes.get(change.id)).state is ChangeState.APPLIED
    assert "change_failed" not in bank.actions()
