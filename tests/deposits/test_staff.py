"""Accounts by staff: opened and frozen by two, shown masked, and each look at a whole number kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import update
from staff_pages import Browser, browsing, text_of
from staffed import EVE, Staffed

from feiqian.backoffice.errors import ChangeFailed, ChangeInvalid
from feiqian.backoffice.model import ChangeState
from feiqian.deposits.errors import ReferenceUsed
from feiqian.deposits.model import AccountState, WantedAccount
from feiqian.deposits.tables import accounts
from feiqian.ids import new_id
from feiqian.ledger.engine import Side
from feiqian.money import CNY, EUR
from feiqian.subjects import staff
from tests.customers.people import EVE_DETAILS

WHY = "asked for at the counter, with the card"
OPENING = {"currency": CNY.number, "product": "current"}


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Staffed]:
    bank = Staffed(tmp_path / "bank")
    yield bank
    bank.close()


@pytest.fixture
def desk(bank: Staffed) -> SimpleNamespace:
    """dan supports, bob approves; mei is a customer."""
    return SimpleNamespace(
        bank=bank,
        dan=bank.member("dan", "supporter"),
        bob=bank.member("bob", "approver"),
        mei=bank.checked().session.subject,
    )


def approved(desk: SimpleNamespace, kind: str, values: dict[str, object]) -> ChangeState:
    change = desk.bank.run(desk.bank.changes.propose(kind, desk.mei, values, desk.dan, WHY))
    return desk.bank.run(desk.bank.approve(change.id, desk.bob)).state


def account(desk: SimpleNamespace):
    return desk.bank.run(desk.bank.services.deposits.all_of(desk.mei.number))[-1]


def of_state(account, state: AccountState) -> dict[str, object]:
    return {"account": account.id, "last_four": account.last_four, "before": account.state, "state": state}


def test_an_account_is_opened_by_two_and_once_however_often_it_is_carried_out(desk: SimpleNamespace) -> None:
    bank = desk.bank
    change = bank.run(bank.changes.propose("open_account", desk.mei, OPENING, desk.dan, WHY))
    assert bank.run(bank.services.deposits.all_of(desk.mei.number)) == []
    assert bank.run(bank.approve(change.id, desk.bob)).state is ChangeState.APPLIED
    bank.run(bank.changes.kinds.apply(change, desk.bob.subject))  # as a crash before it was completed leaves it
    assert len(bank.run(bank.services.deposits.all_of(desk.mei.number))) == 1
    assert "account_opened" in bank.actions(str(desk.mei))


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"product": "bond"}, "product"),
        ({"currency": 752}, "account_currency"),
    ],
)
def test_what_cannot_be_opened_is_not_proposed(desk: SimpleNamespace, values: dict[str, object], reason: str) -> None:
    with pytest.raises(ChangeInvalid) as refused:
        approved(desk, "open_account", OPENING | values)
    assert refused.value.reason == reason


def test_nobody_has_more_accounts_than_one_may_have_or_before_they_were_identified(desk: SimpleNamespace) -> None:
    deposits = desk.bank.services.deposits
    for _ in range(20):
        wanted = WantedAccount(desk.mei.number, CNY.number, "current")
        desk.bank.do(deposits.openings.open_within, wanted, staff(0))
    with pytest.raises(ChangeInvalid) as refused:
        approved(desk, "open_account", OPENING)
    assert refused.value.reason == "too_many"
    desk.mei = desk.bank.register(EVE, EVE_DETAILS).session.subject
    with pytest.raises(ChangeInvalid) as refused:
        approved(desk, "open_account", OPENING)
    assert refused.value.reason == "unverified"


def test_under_one_reference_there_is_one_account(desk: SimpleNamespace) -> None:
    bank, number = desk.bank, desk.mei.number
    first = bank.run(bank.services.deposits.open(number, CNY.number, "current", staff(0), "bank/1"))
    assert bank.run(bank.services.deposits.open(number, CNY.number, "current", staff(0), "bank/1")) == first
    with pytest.raises(ReferenceUsed):
        bank.run(bank.services.deposits.open(number, EUR.number, "current", staff(0), "bank/1"))


def test_two_freeze_set_to_dormant_and_release_an_account(desk: SimpleNamespace) -> None:
    approved(desk, "open_account", OPENING)
    for state in (AccountState.FROZEN, AccountState.OPEN, AccountState.DORMANT, AccountState.FROZEN):
        assert approved(desk, "account_state", of_state(account(desk), state)) is ChangeState.APPLIED
        assert account(desk).state is state


def test_a_state_that_does_not_fit_the_account_is_not_proposed(desk: SimpleNamespace) -> None:
    approved(desk, "open_account", OPENING)
    right = of_state(account(desk), AccountState.FROZEN)
    for wrong, reason in (
        ({"account": new_id("acc", 0)}, "account"),
        ({"last_four": "0000"}, "account"),
        ({"before": "dormant"}, "account_moved"),
        ({"state": "closed"}, "account_state"),
        ({"state": "stolen"}, "values"),
    ):
        with pytest.raises(ChangeInvalid) as refused:
            approved(desk, "account_state", right | wrong)
        assert refused.value.reason == reason


def test_a_change_from_another_state_than_it_was_proposed_from_is_not_carried_out(desk: SimpleNamespace) -> None:
    approved(desk, "open_account", OPENING)
    bank, states = desk.bank, desk.bank.services.account_states
    values = of_state(account(desk), AccountState.FROZEN)
    bank.run(states.put(account(desk).id, AccountState.FROZEN, staff(0)))
    release = bank.run(
        bank.changes.propose("account_state", desk.mei, of_state(account(desk), AccountState.OPEN), desk.dan, WHY)
    )
    bank.run(states.put(account(desk).id, AccountState.OPEN, staff(0)))
    bank.run(states.put(account(desk).id, AccountState.DORMANT, staff(0)))
    with pytest.raises(ChangeInvalid) as moved:
        bank.run(bank.changes.kinds.apply(release, desk.bob.subject))
    assert (moved.value.reason, account(desk).state) == ("account_moved", AccountState.DORMANT)
    assert values["before"] == "open"


# --- pages -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def browser(desk: SimpleNamespace) -> Iterator[Browser]:
    """Of dan, who supports; mei has an account."""
    approved(desk, "open_account", OPENING)
    with browsing(desk.bank) as browser:
        browser.is_staff(desk.bank.sign_in_as("dan").token)
        yield browser


def file_of(desk: SimpleNamespace) -> str:
    return f"/staff/customers/{desk.bank.do(desk.bank.customers.by_number, desk.mei.number).id}"


def test_supporters_see_a_masked_number_and_propose_by_the_form(desk: SimpleNamespace, browser: Browser) -> None:
    held, number = account(desk), desk.bank.do(desk.bank.services.deposits.number, account(desk).id)
    page = browser.get(file_of(desk)).text
    assert f"•••• {held.last_four}" in page
    assert number not in page
    form = browser.get(f"{file_of(desk)}/propose/open_account")
    assert "Joint accounts" in text_of(form.text)
    sent = browser.post(f"{file_of(desk)}/propose/open_account", currency="CNY", product="savings", why=WHY)
    assert sent.status_code == 303
    assert "Savings account · CNY" in text_of(browser.get(sent.headers["location"].partition("?")[0]).text)
    chosen = f"{held.id}/{held.last_four}/open"
    assert chosen in browser.get(f"{file_of(desk)}/propose/account_state").text
    sent = browser.post(f"{file_of(desk)}/propose/account_state", account=chosen, state="frozen", why=WHY)
    shown = text_of(browser.get(sent.headers["location"].partition("?")[0]).text)
    assert f"•••• {held.last_four}: open → frozen" in shown


@pytest.mark.parametrize("sent", ["", "nothing", "a/b", "/" * 50, "x" * 300])
def test_what_the_form_may_not_send_is_said_and_not_an_error(
    desk: SimpleNamespace, browser: Browser, sent: str
) -> None:
    answer = browser.post(f"{file_of(desk)}/propose/account_state", account=sent, state="frozen", why=WHY)
    assert answer.status_code == 422
    answer = browser.post(f"{file_of(desk)}/propose/open_account", currency=sent, product=sent, why=WHY)
    assert answer.status_code == 422


def test_a_look_at_the_whole_number_takes_a_reason_and_is_in_the_audit_log(
    desk: SimpleNamespace, browser: Browser
) -> None:
    id = account(desk).id
    number, address = desk.bank.do(desk.bank.services.deposits.number, id), f"/staff/deposits/{id}/number"
    grouped = " ".join(number[at : at + 4] for at in range(0, 19, 4))
    assert grouped not in browser.get(address).text
    refused = browser.post(address, why="x")
    assert (refused.status_code, grouped in refused.text) == (422, False)
    assert "account_number_seen" not in desk.bank.actions(str(desk.mei))
    shown = browser.post(address, why=f"She reads it to me: {number}")
    assert (shown.status_code, shown.headers["cache-control"]) == (200, "no-store")
    assert grouped in shown.text
    entry = desk.bank.entries(str(desk.mei))[-1]
    assert (entry.actor, entry.action) == (desk.dan.subject, "account_number_seen")
    assert entry.details["account"] == id
    assert number not in str(entry.details)


def test_only_supporters_look_at_numbers(desk: SimpleNamespace, browser: Browser) -> None:
    address = f"/staff/deposits/{account(desk).id}/number"
    desk.bank.member("ann", "auditor", "admin")
    browser.is_staff(desk.bank.sign_in_as("ann").token)
    assert browser.get(address).status_code == 403
    assert browser.post(address, why=WHY).status_code == 403
    browser.is_staff(desk.bank.sign_in_as("dan").token)
    assert browser.get("/staff/deposits/acc_nothing/number").status_code == 404


# --- freezing one at once --------------------------------------------------------------------------------------------


def test_one_freezes_an_account_at_once_with_a_reason_and_the_holder_is_told(
    desk: SimpleNamespace, browser: Browser
) -> None:
    held, number = account(desk), desk.bank.do(desk.bank.services.deposits.number, account(desk).id)
    address = f"/staff/deposits/{held.id}/freeze"
    assert address in browser.get(file_of(desk)).text
    refused = browser.post(address, why="")
    assert (refused.status_code, account(desk).state) == (422, AccountState.OPEN)
    done = browser.post(address, why=f"The card was stolen, of {number}")
    assert (done.status_code, done.headers["location"]) == (303, f"{file_of(desk)}?said=account_frozen")
    entry = desk.bank.entries(str(desk.mei))[-1]
    assert (entry.actor, entry.action) == (desk.dan.subject, "account_frozen")
    assert entry.details["account"] == held.id
    assert entry.details["why"].startswith("The card was stolen")
    assert number not in str(entry.details)
    assert account(desk).state is AccountState.FROZEN
    there = desk.bank.ledger.engine.account(held.ledger_id)
    assert there is not None
    assert there.closed_and_frozen & Side.DEBIT
    told = desk.bank.told(desk.mei.number)
    assert ("changed", "sms") in told
    page = browser.get(done.headers["location"]).text
    assert "Frozen. Nothing leaves the account now." in text_of(page)
    assert address not in page
    assert browser.post(address, why="The card was stolen").status_code == 303
    assert desk.bank.told(desk.mei.number) == told, "freezing again does nothing more"


def test_one_who_freezes_cannot_release(desk: SimpleNamespace, browser: Browser) -> None:
    held = account(desk)
    browser.post(f"/staff/deposits/{held.id}/freeze", why="The card was stolen")
    sent = browser.post(
        f"{file_of(desk)}/propose/account_state", account=f"{held.id}/{held.last_four}/frozen", state="open", why=WHY
    )
    assert sent.status_code == 303
    assert account(desk).state is AccountState.FROZEN, "another one has to approve it"


def test_only_supporters_freeze_and_only_what_is_there(desk: SimpleNamespace, browser: Browser) -> None:
    address = f"/staff/deposits/{account(desk).id}/freeze"
    assert browser.post("/staff/deposits/acc_nothing/freeze", why=WHY).status_code == 404
    with desk.bank.db.write() as connection:
        connection.execute(update(accounts).values(state=AccountState.CLOSED))
    assert browser.post(address, why=WHY).status_code == 422
    desk.bank.member("ann", "auditor", "admin")
    browser.is_staff(desk.bank.sign_in_as("ann").token)
    assert browser.get(address).status_code == 403
    assert browser.post(address, why=WHY).status_code == 403


def test_a_release_that_was_proposed_before_lifts_no_later_freeze(desk: SimpleNamespace, browser: Browser) -> None:
    bank, address = desk.bank, f"/staff/deposits/{account(desk).id}/freeze"
    browser.post(address, why="The card was stolen")
    release = of_state(account(desk), AccountState.OPEN)
    asked = [bank.changes.propose("account_state", desk.mei, release, desk.dan, WHY + more) for more in ("", " too")]
    first, second = map(bank.run, asked)
    assert bank.run(bank.approve(first.id, desk.bob)).state is ChangeState.APPLIED
    assert account(desk).state is AccountState.OPEN
    browser.post(address, why="And again, by somebody else")
    with pytest.raises(ChangeFailed, match="account_moved"):
        bank.run(bank.approve(second.id, desk.bob))
    assert account(desk).state is AccountState.FROZEN
