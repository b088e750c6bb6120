"""Cases: opened, noted on, closed; each step on the time line and in the audit log, and what was written sealed."""

from __future__ import annotations

from pathlib import Path

import pytest

from feiqian.cases.errors import CaseClosed, CaseInvalid, CaseNotFound
from feiqian.cases.model import Kind, State
from feiqian.subjects import customer, staff

NOW = 1_800_000_000_000_000
MEI, ALICE = customer(17), staff(1)


def opened(desk, text: str = "my bag is gone", kind: str = "stolen_phone", now: int = NOW):
    with desk.db.write() as connection:
        return desk.cases.open(connection, 17, kind, text, MEI, now)


def test_a_case_tells_its_story_in_order(desk) -> None:
    case = opened(desk)
    with desk.db.write() as connection:
        desk.cases.note(connection, case.id, "called her", ALICE, NOW + 1)
        closed = desk.cases.close(connection, case.id, "new phone enrolled", ALICE, NOW + 2)
    assert (case.kind, case.state, closed.state, closed.customer) == (Kind.STOLEN_PHONE, State.OPEN, State.CLOSED, 17)
    assert [(line.at, line.by, line.what.value, line.text) for line in closed.timeline] == [
        (NOW, MEI, "opened", "my bag is gone"),
        (NOW + 1, ALICE, "note", "called her"),
        (NOW + 2, ALICE, "closed", "new phone enrolled"),
    ]


def test_nothing_is_added_to_a_closed_case(desk) -> None:
    case = opened(desk)
    with desk.db.write() as connection:
        desk.cases.close(connection, case.id, "", ALICE, NOW)
    for act in (desk.cases.note, desk.cases.close):
        with pytest.raises(CaseClosed), desk.db.write() as connection:
            act(connection, case.id, "again", ALICE, NOW)


def test_open_cases_wait_the_oldest_first_and_a_customers_are_listed_the_newest_first(desk) -> None:
    ids = [opened(desk, now=NOW + n).id for n in range(3)]
    with desk.db.write() as connection:
        desk.cases.close(connection, ids[1], "", ALICE, NOW)
    with desk.db.read() as connection:
        assert [case.id for case in desk.cases.waiting(connection).items] == [ids[0], ids[2]]
        assert [case.id for case in desk.cases.of(connection, 17)] == ids[::-1]
        assert desk.cases.of(connection, 18) == []
        assert desk.cases.count_waiting(connection) == 2


def test_each_step_is_in_the_trail_about_the_customer_without_its_words(desk) -> None:
    case = opened(desk, text="canary of the customer")
    with desk.db.write() as connection:
        desk.cases.note(connection, case.id, "canary of staff", ALICE, NOW)
        entries = desk.audit_log.of(connection, str(MEI))
        assert desk.audit_log.verify(connection) is None
    assert [(entry.action, entry.actor) for entry in entries] == [("case_note", ALICE), ("case_opened", MEI)]
    assert all(entry.details == {"case": case.id, "kind": "stolen_phone"} for entry in entries)


def test_what_was_written_is_sealed_at_rest(desk, tmp_path: Path) -> None:
    case = opened(desk, text="canary words of a customer")
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("bank.db*"))
    assert case.id.encode() in stored
    assert b"canary words" not in stored
    assert "canary" not in repr(case)


@pytest.mark.parametrize(("kind", "text"), [("lost_cat", "x"), ("other", "x" * 2001)])
def test_a_case_that_cannot_be_is_refused_and_leaves_nothing(desk, kind: str, text: str) -> None:
    with pytest.raises(CaseInvalid):
        opened(desk, text=text, kind=kind)
    with desk.db.read() as connection:
        assert desk.cases.waiting(connection).items == []
        assert desk.audit_log.newest(connection) == []


@pytest.mark.parametrize("text", ["  ", "\u3164\u200b"])  # the second is a letter and a space that nobody sees
def test_a_note_has_words(desk, text: str) -> None:
    case = opened(desk)
    with pytest.raises(CaseInvalid), desk.db.write() as connection:
        desk.cases.note(connection, case.id, text, ALICE, NOW)


def test_a_case_that_is_not_there_is_not_found(desk) -> None:
    with pytest.raises(CaseNotFound), desk.db.write() as connection:
        desk.cases.note(connection, "cas_0", "x", ALICE, NOW)
