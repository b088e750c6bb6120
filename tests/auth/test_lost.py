"""Lost and stolen phones, reported without signing in: frozen by identity details, and nothing told to strangers."""

from __future__ import annotations

from pathlib import Path

import pytest
from people import EVE, EVE_DETAILS, EVE_ID, MEI, MEI_DETAILS, MEI_ID, POLICY, UNKNOWN, People
from sqlalchemy import event, select

from feiqian.auth.errors import ReportsThrottled
from feiqian.auth.lost import LostPhones
from feiqian.auth.tables import reports
from feiqian.kyc.errors import NumberInvalid
from feiqian.policy.factors import Purpose
from feiqian.runtime import network
from feiqian.runtime.sweeping import BATCH

NAME = MEI_DETAILS.name
RIGHT = (MEI, MEI_ID, NAME)
WRONG = [
    (MEI, EVE_ID, NAME),
    (MEI, MEI_ID, "somebody else"),
    (MEI, "", ""),
    (UNKNOWN, MEI_ID, NAME),
    (EVE, MEI_ID, NAME),
]
DAY_SECONDS = 86_400


@pytest.fixture
def mine(bank: People) -> People:
    bank.checked()
    bank.fund(1)
    return bank


def report(bank: People, mobile: str, number: str, name: str) -> LostPhones:
    lost = bank.lost_phones
    bank.run(lost.report(mobile, number, name))
    return lost


def reported(bank: People, *details: str) -> None:
    assert bank.run(report(bank, *details).carry_out())


def test_identity_details_alone_freeze_and_everybody_is_told(mine: People) -> None:
    before = len(mine.told(1))
    reported(mine, *RIGHT)
    assert not mine.paid(1)
    assert set(mine.told(1)[before:]) == {
        (kind, channel) for kind in ("frozen", "frozen_by_report") for channel in ("sms", "email")
    }
    assert [(case.customer, case.kind) for case in mine.do(mine.services.cases.waiting).items] == [(1, "stolen_phone")]
    assert mine.audit_log(1)[-1] == "reported_lost"


def test_the_owner_lifts_it_at_once(bank: People) -> None:
    opened = bank.checked()
    bank.fund(1)
    reported(bank, *RIGHT)
    bank.run(bank.security.unfreeze(opened.session, bank.passed(opened.session, Purpose.UNFREEZE)))
    assert bank.paid(1)


@pytest.mark.parametrize("details", WRONG)
def test_wrong_details_freeze_nobody_and_tell_nobody(mine: People, details: tuple[str, str, str]) -> None:
    mine.register(EVE, EVE_DETAILS)
    before = len(mine.arrived())
    reported(mine, *details)
    assert mine.paid(1)
    assert len(mine.arrived()) == before


def test_what_is_no_mobile_number_is_said(bank: People) -> None:
    with pytest.raises(NumberInvalid):
        report(bank, "12", MEI_ID, NAME)


def test_so_many_reports_of_a_person_a_day_and_wrong_ones_use_none_up(bank: People) -> None:
    opened = bank.checked()
    bank.fund(1)
    most = POLICY.reports.per_person_day
    for _ in range(most + 2):
        reported(bank, MEI, MEI_ID, "somebody else")
    for _ in range(most):
        reported(bank, *RIGHT)
        assert not bank.paid(1)
        bank.run(bank.security.unfreeze(opened.session, bank.passed(opened.session, Purpose.UNFREEZE)))
        bank.clock.advance(60)
        bank.clock.advance(3_600)
    told = bank.told(1)
    reported(bank, *RIGHT)
    assert bank.paid(1)
    assert bank.told(1) == told
    assert len(bank.do(bank.services.cases.waiting).items) == 1
    bank.clock.advance(DAY_SECONDS)
    reported(bank, *RIGHT)
    assert not bank.paid(1)


def test_so_many_reports_of_a_network_a_day(mine: People) -> None:
    for _ in range(POLICY.reports.per_network_day):
        report(mine, UNKNOWN, MEI_ID, NAME)
    for details in (RIGHT, *WRONG):
        with pytest.raises(ReportsThrottled):
            report(mine, *details)
    token = network.client.set("198.51.100.7")
    try:
        reported(mine, *RIGHT)
    finally:
        network.client.reset(token)
    assert not mine.paid(1)


def test_a_report_is_carried_out_after_a_crash(mine: People) -> None:
    report(mine, *RIGHT)
    assert mine.paid(1)
    again = mine.again()
    assert again.run(again.lost_phones.carry_out())
    assert not again.paid(1)
    again.close()


def test_what_cannot_be_carried_out_is_tried_again(mine: People) -> None:
    lost = report(mine, *RIGHT)
    with mine.db.write() as connection:
        connection.execute(reports.update().values(number=999))
    assert not mine.run(lost.carry_out())
    with mine.db.write() as connection:
        connection.execute(reports.update().values(number=1))
    assert mine.run(lost.carry_out())
    assert not mine.paid(1)


def test_a_report_that_cannot_be_carried_out_keeps_no_other_waiting(mine: People) -> None:
    report(mine, *RIGHT)
    with mine.db.write() as connection:
        connection.execute(reports.update().values(number=999))
    lost = report(mine, *RIGHT)
    assert not mine.run(lost.carry_out())
    assert not mine.paid(1)
    with mine.db.read() as connection:
        waiting = connection.execute(select(reports.c.number).where(reports.c.done_at == 0)).scalars().all()
    assert waiting == [999]


def observed(folder: Path, details: tuple[str, str, str]) -> tuple[object, ...]:
    """What can be seen of a report, before it is carried out: statements, hashes, the shape of what is kept."""
    bank = People(folder)
    bank.register()
    bank.register(EVE, EVE_DETAILS)
    statements: list[str] = []
    note = lambda _c, _u, statement, *_: statements.append(statement)  # noqa: E731
    event.listen(bank.db.engine, "before_cursor_execute", note)
    bank.hasher.calls.clear()
    answer = report(bank, *details)
    seen = tuple(statements), tuple(bank.hasher.calls), type(answer)
    with bank.db.read() as connection:
        rows = len(connection.execute(select(reports)).all())
    bank.close()
    return (*seen, rows)


def test_right_and_wrong_details_and_unknown_numbers_are_answered_alike(tmp_path: Path) -> None:
    seen = [observed(tmp_path / str(n), details) for n, details in enumerate([RIGHT, *WRONG])]
    assert all(other == seen[0] for other in seen[1:])


def test_reports_are_swept_after_a_day_once_they_are_done(mine: People) -> None:
    report(mine, *RIGHT)
    report(mine, UNKNOWN, MEI_ID, NAME)
    mine.clock.advance(2 * DAY_SECONDS)

    def sweep() -> int:
        with mine.db.write() as connection:
            return mine.services.strangers._sweep_reports(connection, mine.clock.now(), BATCH)

    assert sweep() == 1
    assert mine.run(mine.lost_phones.carry_out())
    assert sweep() == 1
    assert not mine.paid(1)
