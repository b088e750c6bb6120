"""Accounts are closed by two of the staff, who see what moved; and an audit compares them with the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import Update, update
from staff_pages import browsing, text_of
from staffed import Staffed

from feiqian.backoffice.errors import ChangeInvalid
from feiqian.backoffice.model import ChangeState
from feiqian.deposits.audit import differences
from feiqian.deposits.closing import ClosingWanted
from feiqian.deposits.model import WALLET, AccountState, DepositAccount
from feiqian.deposits.support import Movements
from feiqian.deposits.tables import accounts
from feiqian.ledger import chart
from feiqian.ledger.engine import Side
from tests.deposits.holders import OPERATOR, Holders

WHY = "asked for at the counter, with the card"


class Desk(Staffed, Holders):
    """A bank with staff, payments and read models."""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SimpleNamespace]:
    """dan supports, bob approves; mei is a customer."""
    bank = Desk(tmp_path / "bank")
    yield SimpleNamespace(
        bank=bank,
        dan=bank.member("dan", "supporter"),
        bob=bank.member("bob", "approver"),
        mei=bank.checked().session.subject,
    )
    bank.close()


def closing(account: DepositAccount, target: DepositAccount | None = None) -> dict[str, object]:
    to = {"target": target.id, "target_four": target.last_four} if target else {"target": WALLET}
    return {"account": account.id, "last_four": account.last_four, **to}


def test_two_close_an_account_once_however_often_it_is_carried_out(desk: SimpleNamespace) -> None:
    bank, number = desk.bank, desk.mei.customer
    account, other = bank.account(number, 70_00), bank.account(number)
    change = bank.run(bank.changes.propose("close_account", desk.mei, closing(account, other), desk.dan, WHY))
    assert bank.do(bank.services.deposits.get, account.id).state is AccountState.OPEN
    assert bank.run(bank.approve(change.id, desk.bob)).state is ChangeState.APPLIED
    bank.run(bank.changes.kinds.apply(change, desk.bob.subject))  # as a crash before it was completed leaves it
    assert bank.do(bank.services.deposits.get, account.id).state is AccountState.CLOSED
    assert bank.held(other.ledger_id) == 70_00
    assert bank.actions(str(desk.mei)).count("account_closed") == 1
    assert bank.findings() == []


def test_what_cannot_be_closed_is_not_proposed_and_says_why(desk: SimpleNamespace) -> None:
    bank, number = desk.bank, desk.mei.customer
    account, other = bank.account(number, 70_00), bank.account(number)
    hold = chart.hold(
        chart.derived_id(b"lock", b"1"), debit=account.ledger_id, credit=other.ledger_id, amount=1, timeout_seconds=0
    )
    assert bank.ledger.post(hold).refusal == 0
    for values, reason in (
        (closing(account), "closing_money_held"),
        (closing(account) | {"account": "acc_nothing"}, "closing_account"),
        (closing(account, account), "closing_target"),
    ):
        with pytest.raises(ChangeInvalid) as refused:
            bank.run(bank.changes.propose("close_account", desk.mei, values, desk.dan, WHY))
        assert refused.value.reason == reason
    bank.ledger.post(chart.release(chart.derived_id(b"release", b"1"), hold=chart.derived_id(b"lock", b"1")))
    with pytest.raises(ChangeInvalid):
        bank.run(bank.changes.propose("close_account", desk.mei, closing(account) | {"last_four": "x"}, desk.dan, WHY))


def test_a_crash_while_it_is_carried_out_is_finished_by_the_change(desk: SimpleNamespace) -> None:
    bank, number = desk.bank, desk.mei.customer
    account = bank.account(number, 70_00)
    bank.do(bank.services.closing._decide, number, ClosingWanted(account.id, WALLET, OPERATOR), lambda *_: None)
    bank.run(bank.services.closing.close_for(number, account.id, WALLET, OPERATOR))
    assert bank.do(bank.services.deposits.get, account.id).state is AccountState.CLOSED


def test_supporters_see_the_newest_lines_of_each_account(desk: SimpleNamespace) -> None:
    bank, number = desk.bank, desk.mei.customer
    account, empty = bank.account(number, 70_00), bank.account(number)
    for _ in range(6):
        bank.clock.advance(1)
        bank.bring(account.ledger_id, 1_00)
    section = Movements(bank.services)
    (moved,) = bank.run(section.look(number, bank.do(section.read, number)))
    assert moved.account == account != empty
    assert [line.balance.minor for line in moved.lines] == [76_00, 75_00, 74_00, 73_00, 72_00]


def test_an_audit_finds_what_only_one_of_ledger_and_bank_calls_closed(desk: SimpleNamespace) -> None:
    bank, number = desk.bank, desk.mei.customer
    one, two, good = (bank.account(number) for _ in range(3))
    bank.run(bank.services.closing.close_for(number, good.id, WALLET, OPERATOR))
    found = lambda: bank.do(lambda connection: list(differences(connection, bank.ledger.engine, bank.intents)))  # noqa: E731
    assert found() == []
    bank.ledger.post(chart.close(one.ledger_id))
    closed = update(accounts).where(accounts.c.id == two.id).values(state=AccountState.CLOSED, closed_at=1)
    bank.do(lambda connection: connection.execute(closed))
    assert found() == [
        f"the account {one.id} is open; the ledger has closed it",
        f"the account {two.id} is closed; the ledger has it open",
    ]


def test_an_audit_finds_what_only_one_of_ledger_and_bank_calls_frozen_or_dormant(desk: SimpleNamespace) -> None:
    bank, number = desk.bank, desk.mei.customer
    states = bank.services.account_states
    frozen, dormant, stopped, paying, good = (bank.account(number) for _ in range(5))
    for account, state in ((frozen, AccountState.FROZEN), (dormant, AccountState.DORMANT), (good, AccountState.FROZEN)):
        bank.run(states.put(account.id, state, OPERATOR))
    found = lambda: bank.do(lambda connection: list(differences(connection, bank.ledger.engine, bank.intents)))  # noqa: E731
    assert found() == []
    bank.clock.advance(2)
    bank.ledger.post(chart.unfreeze(frozen.ledger_id, Side.DEBIT))
    bank.ledger.post(chart.unfreeze(dormant.ledger_id, Side.DEBIT))
    bank.ledger.post(chart.freeze(stopped.ledger_id, Side.DEBIT))
    bank.do(lambda connection: connection.execute(_state_of(paying, AccountState.FROZEN)))
    assert found() == [
        f"the account {frozen.id} is frozen; the ledger lets money leave it",
        f"the account {dormant.id} is dormant; the ledger lets money leave it",
        f"the account {stopped.id} is open; the ledger lets nothing leave it",
        f"the account {paying.id} is frozen; the ledger lets money leave it",
    ]
    bank.do(bank.customers.profiles.put_frozen, number, desk.mei, bank.clock.now())
    assert f"the account {paying.id} is frozen, its holder is frozen; the ledger lets money leave it" in found()


def test_an_audit_passes_over_a_freeze_that_is_under_way_or_came_later(desk: SimpleNamespace) -> None:
    bank, number = desk.bank, desk.mei.customer
    account, states = bank.account(number), bank.services.account_states
    found = lambda: bank.do(lambda connection: list(differences(connection, bank.ledger.engine, bank.intents)))  # noqa: E731
    bank.clock.advance(2)
    bank.do(states._decide, account.id, AccountState.FROZEN, OPERATOR)
    assert found() == [], "its intent waits"
    bank.run(bank.intents.sweep())
    bank.ledger.post(chart.unfreeze(account.ledger_id, Side.DEBIT))
    assert found() == [], "the bank decided at the ledger's moment, or after it"
    bank.clock.advance(2)
    bank.ledger.post(chart.freeze(account.ledger_id, Side.CREDIT))
    assert len(found()) == 1
    bank.ledger.post(chart.freeze(account.ledger_id, Side.DEBIT))
    bank.run(bank.services.freezing.freeze(number, OPERATOR))
    bank.clock.advance(2)
    assert found() == []


def _state_of(account: DepositAccount, state: AccountState) -> Update:
    return update(accounts).where(accounts.c.id == account.id).values(state=state)


def test_supporters_see_movements_and_propose_the_closing_by_a_form(desk: SimpleNamespace) -> None:
    bank, number = desk.bank, desk.mei.customer
    account = bank.account(number, 70_00)
    whole = bank.do(bank.services.deposits.number, account.id)
    file = f"/staff/customers/{bank.do(bank.customers.by_number, number).id}"
    with browsing(bank) as browser:
        browser.is_staff(bank.sign_in_as("dan").token)
        page = browser.get(file).text
        assert "Movements on accounts" in page
        assert "+¥70.00" in page
        assert whole not in page
        chosen, form = f"{account.id}/{account.last_four}", f"{file}/propose/close_account"
        assert chosen in browser.get(form).text
        sent = browser.post(form, account=chosen, target=WALLET, why=WHY)
        assert sent.status_code == 303
        shown = text_of(browser.get(sent.headers["location"].partition("?")[0]).text)
        assert f"•••• {account.last_four} → Wallet" in shown
        for wrong in ("", "nothing", "/" * 50, "x" * 300):
            assert browser.post(form, account=wrong, target=WALLET, why=WHY).status_code == 422
            assert browser.post(form, account=chosen, target=wrong, why=WHY).status_code == 422
