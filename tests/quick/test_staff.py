"""Quick payment by staff: opened, paused, resumed and closed by two, and a mobile number marked as reassigned."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from staff_pages import browsing, text_of
from staffed import Staffed

from feiqian.backoffice.errors import ChangeFailed, ChangeInvalid
from feiqian.backoffice.model import ChangeState
from feiqian.ids import ACCOUNT, new_id
from feiqian.quick.model import Pause, QuickState, Way
from tests.customers.people import MEI
from tests.quick.accounts import account_of, number_of

WHY = "asked for at the counter, with the card"


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Staffed]:
    bank = Staffed(tmp_path / "bank")
    yield bank
    bank.close()


@pytest.fixture
def desk(bank: Staffed) -> SimpleNamespace:
    """dan supports, bob approves; mei is a customer with an account."""
    mei = bank.checked().session.subject
    account = account_of(bank, mei.customer)
    return SimpleNamespace(
        bank=bank, dan=bank.member("dan", "supporter"), bob=bank.member("bob", "approver"), mei=mei, account=account
    )


def quick_of(desk: SimpleNamespace):
    return desk.bank.do(desk.bank.services.quick.of, desk.account)


def to(desk: SimpleNamespace, state: QuickState) -> dict[str, object]:
    before = quick_of(desk).state
    return {"account": desk.account.id, "ending": desk.account.last_four, "before": before, "state": state}


def proposed(desk: SimpleNamespace, values: dict[str, object], kind: str = "quick"):
    return desk.bank.run(desk.bank.changes.propose(kind, desk.mei, values, desk.dan, WHY))


def approved(desk: SimpleNamespace, values: dict[str, object], kind: str = "quick") -> ChangeState:
    return desk.bank.run(desk.bank.approve(proposed(desk, values, kind).id, desk.bob)).state


def test_two_open_pause_resume_and_close_it(desk: SimpleNamespace) -> None:
    for state in (QuickState.OPEN, QuickState.PAUSED, QuickState.OPEN, QuickState.CLOSED):
        assert approved(desk, to(desk, state)) is ChangeState.APPLIED
        now = quick_of(desk)
        assert (now.state, now.way, now.pause is Pause.STAFF) == (state, Way.STAFF, state is QuickState.PAUSED)
        desk.bank.clock.advance(60)
    kinds = [kind for kind, channel in desk.bank.told(desk.mei.number) if channel == "sms" and "quick" in kind]
    assert kinds == ["quick_opened", "quick_paused", "quick_resumed", "quick_closed"]


def test_carried_out_twice_it_is_done_once(desk: SimpleNamespace) -> None:
    change = proposed(desk, to(desk, QuickState.OPEN))
    desk.bank.run(desk.bank.approve(change.id, desk.bob))
    desk.bank.run(desk.bank.changes.kinds.apply(change, desk.bob.subject))
    assert desk.bank.actions(str(desk.mei)).count("quick_opened") == 1


def test_what_does_not_fit_is_not_proposed_and_what_moved_is_not_carried_out(desk: SimpleNamespace) -> None:
    right = to(desk, QuickState.OPEN)
    for wrong, reason in (
        ({"account": new_id(ACCOUNT, 0)}, "quick_account"),
        ({"ending": "none"}, "quick_account"),
        ({"before": "paused"}, "quick_moved"),
        ({"state": "paused"}, "quick_state"),
        ({"state": "stolen"}, "values"),
    ):
        with pytest.raises(ChangeInvalid) as refused:
            proposed(desk, right | wrong)
        assert refused.value.reason == reason
    approved(desk, right)
    pausing = proposed(desk, to(desk, QuickState.PAUSED))
    desk.bank.do(desk.bank.services.quick.close_within, desk.account, desk.mei)
    with pytest.raises(ChangeFailed, match="quick_moved"):
        desk.bank.run(desk.bank.approve(pausing.id, desk.bob))
    assert quick_of(desk).state is QuickState.CLOSED


def test_a_frozen_customers_service_is_not_opened_by_staff_either(desk: SimpleNamespace) -> None:
    opening = proposed(desk, to(desk, QuickState.OPEN))
    desk.bank.run(desk.bank.freezing.freeze(desk.mei.customer, desk.dan.subject))
    with pytest.raises(ChangeFailed, match="quick_frozen"):
        desk.bank.run(desk.bank.approve(opening.id, desk.bob))


def test_a_reassigned_number_is_taken_off_the_file_by_two(desk: SimpleNamespace) -> None:
    approved(desk, to(desk, QuickState.OPEN))
    with pytest.raises(ChangeInvalid) as refused:
        proposed(desk, {"ending": "0000"}, "reassigned")
    assert refused.value.reason == "number_moved"
    assert approved(desk, {"ending": MEI[-4:]}, "reassigned") is ChangeState.APPLIED
    assert quick_of(desk).pause is Pause.NUMBER_REASSIGNED
    assert desk.bank.actions(str(desk.mei)).count("number_reassigned") == 1
    with pytest.raises(ChangeFailed, match="quick_number"):
        approved(desk, to(desk, QuickState.OPEN))


def test_staff_see_states_and_no_whole_number(desk: SimpleNamespace) -> None:
    approved(desk, to(desk, QuickState.OPEN))
    number = number_of(desk.bank, desk.account)
    with browsing(desk.bank) as browser:
        browser.is_staff(desk.bank.sign_in_as("dan").token)
        id = desk.bank.do(desk.bank.customers.by_number, desk.mei.number).id
        page = browser.get(f"/staff/customers/{id}")
        assert f"•••• {number[-4:]}" in text_of(page.text)
        assert "open" in text_of(page.text)
        assert number[-6:] not in page.text
