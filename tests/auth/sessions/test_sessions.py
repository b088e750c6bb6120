"""Sessions: they live as long as the policy says, and end at the very next request after somebody ends them."""

from __future__ import annotations

import asyncio
import hashlib
import re

import pytest
from sqlalchemy import text

from feiqian.auth.challenges.model import Passed
from feiqian.auth.sessions.errors import SessionRefused
from feiqian.auth.sessions.service import KEEP_ENDED
from feiqian.auth.sessions.tokens import new_token
from feiqian.policy.factors import Factor, Purpose
from feiqian.runtime import logs
from feiqian.subjects import Role, Subject, customer, staff

MEI, ANA, REVIEWER = customer(1), customer(2), staff(7)
MINUTE, HOUR = 60, 3600


def test_a_session_is_found_by_its_token_and_says_who_how_and_where(bank) -> None:
    opened = bank.open()
    session = bank.find(opened.token)
    assert session == opened.session
    assert (session.subject, session.factors) == (MEI, (Factor.PASSWORD, Factor.SMS))
    assert (session.user_agent, session.language) == ("Chrome · Android", "zh")


def test_a_session_is_found_from_the_event_loop(bank) -> None:
    opened = bank.open()
    assert asyncio.run(bank.sessions.find(opened.token)) == opened.session


def test_tokens_are_256_random_bits_and_never_the_same(bank) -> None:
    tokens = {bank.open().token for _ in range(5)} | {bank.open().device_token for _ in range(5)}
    assert len(tokens) == 10
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", token) for token in tokens)


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "ä" * 43, "a" * 10_000, "' or 1=1 --" + "a" * 32])
def test_what_is_no_token_finds_nothing(bank, token: str) -> None:
    bank.open()
    assert bank.find(token) is None


def test_an_id_opens_nothing(bank) -> None:
    assert bank.find(bank.open().session.id) is None


def test_the_books_hold_hashes_and_no_token(bank) -> None:
    opened = bank.open()
    with bank.db.read() as connection:
        rows = [
            row
            for table in ("sessions_sessions", "sessions_devices")
            for row in connection.execute(text(f"SELECT * FROM {table}"))
        ]
    kept = repr([bytes(value) if isinstance(value, memoryview) else value for row in rows for value in row])
    assert opened.token not in kept
    assert opened.device_token not in kept
    assert repr(hashlib.sha256(opened.token.encode()).digest()) in kept


def test_abuse_62_no_repr_shows_a_token(bank) -> None:
    opened = bank.open()
    shown = f"{opened!r} {opened.session!r} {opened}"
    assert opened.token not in shown
    assert opened.device_token not in shown


def test_an_idle_session_ends_and_a_used_one_goes_on(bank) -> None:
    idle, used = bank.open(), bank.open()
    bank.clock.advance(29 * MINUTE)
    assert bank.find(used.token) is not None
    bank.clock.advance(MINUTE)
    assert bank.find(idle.token) is None
    assert bank.find(used.token) is not None


def test_a_session_ends_at_its_absolute_end_however_much_it_is_used(bank) -> None:
    opened = bank.open()
    for _ in range(24 * 3 - 1):
        bank.clock.advance(20 * MINUTE)
        assert bank.find(opened.token) is not None
    bank.clock.advance(20 * MINUTE)
    assert bank.find(opened.token) is None


def test_staff_are_signed_out_sooner_than_customers(bank) -> None:
    member, mei = bank.open(REVIEWER), bank.open(MEI)
    bank.clock.advance(10 * MINUTE)
    assert bank.find(member.token) is None
    assert bank.find(mei.token) is not None


def test_a_session_is_marked_as_used_at_most_once_a_minute(bank) -> None:
    opened = bank.open()
    began = bank.clock.now()
    bank.clock.advance(59)
    assert bank.find(opened.token).seen_at == began
    bank.clock.advance(1)
    assert bank.find(opened.token).seen_at == bank.clock.now()
    seen = bank.clock.now()
    bank.clock.advance(30)
    assert bank.find(opened.token).seen_at == seen


def test_looking_in_a_transaction_of_ones_own_marks_nothing(bank) -> None:
    opened = bank.open()
    bank.clock.advance(5 * MINUTE)
    found = bank.do(bank.sessions.find_in, opened.token, bank.clock.now())
    assert found == opened.session


def test_a_session_that_was_closed_is_refused_at_once(bank) -> None:
    opened = bank.open()
    assert bank.do(bank.sessions.close, opened.session.id, MEI)
    assert bank.find(opened.token) is None


def test_closing_twice_is_closing_once(bank) -> None:
    opened = bank.open()
    assert bank.do(bank.sessions.close, opened.session.id, MEI)
    assert not bank.do(bank.sessions.close, opened.session.id, MEI)
    assert bank.do(bank.sessions.close_all, MEI) == 0


def test_abuse_28_nobody_closes_the_session_of_another_but_staff_may(bank) -> None:
    opened = bank.open()
    assert not bank.do(bank.sessions.close, opened.session.id, ANA)
    assert bank.find(opened.token) is not None
    assert bank.do(bank.sessions.close, opened.session.id, REVIEWER)
    assert bank.find(opened.token) is None


def test_signing_out_everywhere_ends_all_sessions_but_the_one_that_asks(bank) -> None:
    here, there, anas = bank.open(), bank.open(), bank.open(ANA)
    assert bank.do(bank.sessions.close_all, MEI, here.session.id) == 1
    assert bank.find(here.token) is not None
    assert bank.find(there.token) is None
    assert bank.find(anas.token) is not None
    assert bank.do(bank.sessions.close_all, MEI) == 1
    assert bank.find(here.token) is None


def test_abuse_33_a_revoked_staff_session_is_refused_at_its_next_request(bank) -> None:
    first, second = bank.open(REVIEWER), bank.open(REVIEWER)
    assert bank.find(first.token) is not None  # and nothing remembers that it was found
    assert bank.do(bank.sessions.close_all, REVIEWER, by=staff(1)) == 2
    assert bank.find(first.token) is None
    assert bank.find(second.token) is None


def test_abuse_33_a_session_that_ends_while_it_is_marked_as_used_is_refused(bank) -> None:
    opened = bank.open()
    bank.clock.advance(2 * MINUTE)
    find_in = bank.sessions.find_in

    def and_meanwhile_somebody_ends_it(connection, token: str, now: int):
        found = find_in(connection, token, now)
        connection.rollback()
        bank.do(bank.sessions.close, opened.session.id, MEI)
        return found

    bank.sessions.find_in = and_meanwhile_somebody_ends_it
    assert bank.find(opened.token) is None


def test_many_may_sign_in_at_once(bank) -> None:
    async def all_at_once():
        return await asyncio.gather(*(bank.work.db(bank.open) for _ in range(20)))

    opened = asyncio.run(all_at_once())
    assert len({one.token for one in opened}) == 20
    assert len(bank.do(bank.sessions.list, MEI)) == 20


def test_the_list_has_the_living_and_the_recent_have_all(bank) -> None:
    ended = bank.open()
    bank.do(bank.sessions.close, ended.session.id, MEI)
    bank.clock.advance(1)
    idle = bank.open()
    bank.clock.advance(29 * MINUTE)
    fresh = bank.open()
    bank.open(ANA)
    bank.clock.advance(MINUTE)
    ids = [session.id for session in bank.do(bank.sessions.list, MEI)]
    assert ids == [fresh.session.id]
    recent = bank.do(bank.sessions.recent, MEI).items
    assert [session.id for session in recent] == [fresh.session.id, idle.session.id, ended.session.id]
    assert [bool(session.ended_at) for session in recent] == [False, False, True]


def test_old_sessions_are_dropped_at_some_later_sign_in(bank) -> None:
    bank.open()
    bank.clock.advance(KEEP_ENDED / 1_000_000 + 25 * HOUR)
    newest = bank.open(ANA)
    assert bank.do(bank.sessions.recent, MEI).items == []
    assert bank.find(newest.token) is not None


def test_the_token_of_an_expired_session_is_kept_no_longer(bank) -> None:
    bank.open()
    bank.clock.advance(25 * HOUR)
    bank.open(ANA)
    with bank.db.read() as connection:
        kept = (
            connection.execute(text("SELECT number FROM sessions_sessions WHERE token_hash IS NOT NULL"))
            .scalars()
            .all()
        )
    assert kept == [ANA.number]


def test_the_language_of_a_session_can_be_changed(bank) -> None:
    opened = bank.open()
    bank.do(bank.sessions.set_language, opened.session.id, "es")
    assert bank.find(opened.token).language == "es"


@pytest.mark.parametrize(
    "passed",
    [
        Passed("chl_1", (Factor.PIN,), "", 0, MEI, Purpose.PAYMENT),
        Passed("chl_1", (Factor.SMS,), "", 0, MEI, Purpose.CONFIRM_MOBILE),
        Passed("chl_1", (Factor.PASSKEY,), "", 0, REVIEWER, Purpose.SIGN_IN),
        Passed("chl_1", (Factor.PASSKEY,), "", 0, MEI, Purpose.STAFF_SIGN_IN),
        Passed("chl_1", (), "", 0, MEI, Purpose.SIGN_IN),
    ],
    ids=["payment", "mobile", "staff by the customers' door", "customer by the staff's door", "no factors"],
)
def test_what_is_no_sign_in_that_was_passed_opens_no_session(bank, passed: Passed) -> None:
    with pytest.raises(SessionRefused):
        bank.do(bank.sessions.open, passed, "", None, 0)
    assert bank.do(bank.sessions.list, passed.subject) == []


def test_nobody_has_no_session(bank) -> None:
    with pytest.raises(SessionRefused):
        bank.open(Subject(Role.NOBODY, 5))


def test_abuse_62_a_token_that_comes_into_a_log_is_taken_out_by_its_shape() -> None:
    """As of an invitation, whose page's address is logged when it fails."""
    token = new_token()
    event = logs.redact(None, "error", {"event": "page_failed", "path": f"/merchants/invitation/{token}"})
    assert event["path"] == "/merchants/invitation/[redacted]"
    kept = "chl_01a21f4a2d11755bb91f56d2c8365fa0", "0" * 64, "page_failed"
    assert [logs.scrub(text) for text in kept] == list(kept)
