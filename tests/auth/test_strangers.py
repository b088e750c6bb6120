"""What somebody who is not signed in can make the bank keep: nothing, or so much and for so long."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from authenticator import Authenticator
from people import CHROME, MEI, MEI_ID, People
from sqlalchemy import event, func, select

from feiqian.auth.challenges import sweeps
from feiqian.auth.challenges.errors import ChallengeNotFound, ChallengeOver
from feiqian.customers.errors import CustomersError
from feiqian.db import METADATA
from feiqian.policy.factors import Factor, Purpose
from feiqian.runtime import network
from feiqian.runtime.sweeping import Sweeper
from feiqian.subjects import customer


def rows(bank: People) -> dict[str, int]:
    """How many there are in each table that has any."""
    with bank.db.read() as connection:
        counted = {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in METADATA.sorted_tables
        }
    return {name: count for name, count in counted.items() if count}


def sweep(bank: People) -> int:
    all = (*bank.verification.sweeps.all, *bank.services.strangers.sweeps)
    return bank.run(Sweeper(bank.db, bank.clock, bank.work, all).sweep())


@pytest.fixture
def statements(bank: People) -> Iterator[list[str]]:
    seen: list[str] = []
    note = lambda _c, _u, statement, *_: seen.append(statement)  # noqa: E731
    event.listen(bank.db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(bank.db.engine, "before_cursor_execute", note)


def test_abuse_77_passkey_options_store_nothing(bank: People, statements: list[str]) -> None:
    before = rows(bank)
    statements.clear()
    tokens = {bank.run(bank.sign_in.passkey_options("en"))[0] for _ in range(50)}
    tokens |= {bank.verification.begin_passkey_sign_in("en", Purpose.STAFF_SIGN_IN)[0] for _ in range(50)}
    assert len(tokens) == 100
    assert statements == []
    assert rows(bank) == before


def test_abuse_77_what_a_browser_keeps_is_accepted_once_also_after_a_restart(bank: People) -> None:
    opened, key = bank.register(), Authenticator()
    bank.enrol(opened.session, key)
    token, options = bank.run(bank.sign_in.passkey_options("en"))
    again = bank.again()
    signed_in = again.run(again.sign_in.passkey(token, key.get(options), CHROME))
    assert signed_in.session.subject == customer(1)
    once_more = again.again()
    try:
        with pytest.raises(ChallengeOver):
            once_more.run(once_more.sign_in.passkey(token, key.get(options), CHROME))
    finally:
        once_more.close()


def test_abuse_77_what_a_browser_keeps_ends_and_cannot_be_made_up(bank: People) -> None:
    opened, key = bank.register(), Authenticator()
    bank.enrol(opened.session, key)
    token, options = bank.run(bank.sign_in.passkey_options("en"))
    answer, before = key.get(options), rows(bank)
    head, _, mark = token.rpartition(".")
    for other in (
        f"{head}.{'0' * 32}",
        token.replace(".sign_in.", ".payment."),
        token.replace(".en.", ".zh."),
        f"{head}.{mark}0",
        "chl_" + "0" * 32,
        "",
        "é" * 100,
        f"{token}\n",
    ):
        with pytest.raises(ChallengeNotFound):
            bank.run(bank.sign_in.passkey(other, answer, CHROME))
    bank.clock.advance(300)
    with pytest.raises(ChallengeOver):
        bank.run(bank.sign_in.passkey(token, answer, CHROME))
    assert rows(bank) == before


def test_abuse_77_no_wrong_signature_stores_anything(bank: People) -> None:
    opened, key = bank.register(), Authenticator()
    bank.enrol(opened.session, key)
    (token, _), (_, other) = (bank.run(bank.sign_in.passkey_options("en")) for _ in range(2))
    before = rows(bank)
    for answer in (key.get(other), Authenticator().get(other), "{}", ""):
        with pytest.raises(Exception, match="wrong"):
            bank.run(bank.sign_in.passkey(token, answer, CHROME))
    assert rows(bank) == before


def begin(bank: People, n: int) -> None:
    """One of each that a stranger can begin, with numbers that are nobody's."""
    mobile = f"+861390{n:07d}"
    bank.run(bank.recovery.start("password", mobile, MEI_ID, "somebody", "en"))
    with pytest.raises(CustomersError):
        bank.run(bank.sign_in.password(mobile, "not the password", "en", CHROME))


def test_abuse_77_a_network_that_begins_many_pushes_out_its_own_and_not_anothers(
    bank: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = bank.verification.sweeps.held
    monkeypatch.setattr(held, "each", 6)
    monkeypatch.setattr(held, "in_all", 10)
    bank.register()
    network.client.set("192.0.2.1")
    mine = bank.run(bank.recovery.start("password", MEI, MEI_ID, "李梅", "en")).id
    for flood in ("198.51.100.1", "198.51.100.2", "198.51.100.3"):
        network.client.set(flood)
        for n in range(8):
            begin(bank, n)
    assert len(held) == 10
    assert rows(bank)["verification_challenges"] == 10
    network.client.set("192.0.2.1")
    bank.run(bank.recovery.send(mine, Factor.SMS))
    assert bank.run(bank.recovery.answer(mine, Factor.SMS, bank.code())).passed == (Factor.SMS,)


def test_abuse_77_the_bound_holds_after_a_restart_too(bank: People) -> None:
    for n in range(5):
        begin(bank, n)
    again = bank.again()
    try:
        held = again.verification.sweeps.held
        held.in_all = 8
        for n in range(5, 10):
            begin(again, n)
        assert len(held) == rows(again)["verification_challenges"] == 8
    finally:
        again.close()


def test_abuse_77_everything_that_strangers_began_is_swept(bank: People, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = rows(bank)
    for n in range(3):
        begin(bank, n)
        bank.run(bank.registration.start(f"+861391{n:07d}", "en"))
    bank.clock.advance(86_401 + 300)
    assert sweep(bank) > 0
    kept = {  # wrong answers count for a week; messages see notify
        "verification_attempts",
        "outbox_deliveries",
        "notify_codes",
    }
    assert rows(bank).keys() - empty.keys() <= kept
    bank.clock.advance(sweeps.ATTEMPTS_KEPT // 1_000_000)
    sweep(bank)
    assert "verification_attempts" not in rows(bank)


def test_abuse_77_of_nobodys_wrong_answers_and_sign_ins_the_newest_are_kept(
    bank: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeps, "NOBODYS_ATTEMPTS", 4)
    monkeypatch.setattr("feiqian.auth.strangers.NOBODYS_SIGN_INS", 3)
    bank.register()
    with pytest.raises(CustomersError):
        bank.run(bank.sign_in.password(MEI, "not the password", "en", CHROME))
    mine = bank.run(bank.sign_in.password(MEI, "wandering teapot umbrella", "en", CHROME))
    for n in range(9):
        begin(bank, n)
    sweep(bank)
    assert rows(bank)["verification_attempts"] == 4 + 2  # and the customer's own
    assert rows(bank)["customers_sign_ins"] == 3 + 2
    assert bank.run(bank.sign_in.view(mine.id)).state == "open"


def test_a_sweep_takes_small_steps_and_comes_to_an_end(bank: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feiqian.runtime.sweeping.BATCH", 2)
    for n in range(5):
        begin(bank, n)
    bank.clock.advance(3 * 86_400)
    steps: list[int] = []
    (challenges, *_) = bank.verification.sweeps.all

    def noted(*given: object) -> int:
        steps.append(challenges(*given))  # type: ignore[arg-type]
        return steps[-1]

    assert bank.run(Sweeper(bank.db, bank.clock, bank.work, (noted,)).sweep()) == 10
    assert steps == [2, 2, 2, 2, 2, 0]
