"""Codes of the coming minutes: of one phone, of its session, and decided at the bank like any other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from feiqian.auth.sessions.model import Session
from feiqian.clock import MICROSECONDS
from feiqian.customers.phones import MOST
from feiqian.customers.registry import Customers
from feiqian.offline_codes.errors import NoCodesAhead
from feiqian.offline_codes.service import AHEAD_SECONDS, ROOM_SECONDS
from feiqian.payments.codes import SLOT_SECONDS
from feiqian.subjects import Role, customer, staff
from tests.databases import ON_BOTH
from tests.offline_codes.conftest import Tills


def session_of(tills: Tills) -> Session:
    session: Session = tills.signed_in().session
    return session


def test_they_are_those_of_ten_minutes_one_after_another(tills: Tills) -> None:
    codes = tills.ahead(session_of(tills))
    assert len(codes) == AHEAD_SECONDS // SLOT_SECONDS
    assert all(code.ends - code.begins == SLOT_SECONDS for code in codes)
    assert all(a.ends == b.begins for a, b in pairwise(codes))
    assert codes[0].begins <= tills.bank.clock.now() // MICROSECONDS < codes[0].ends
    assert len({code.digits for code in codes}) == len(codes)


@ON_BOTH
def test_a_code_fetched_ahead_pays_in_its_own_time(tills: Tills) -> None:
    codes = tills.ahead(session_of(tills))
    for place in (0, 30, 59):
        tills.bank.clock.advance(max(0, codes[place].begins - tills.bank.clock.now() / MICROSECONDS))
        view = tills.pay(codes[place].digits)
        assert (view.status, view.amount) == ("succeeded", 10_00)
    assert tills.bank.held(tills.mei) == 2_000_00 - 30_00


def test_abuse_46_a_code_fetched_ahead_works_once_and_for_a_minute(tills: Tills) -> None:
    codes = tills.ahead(session_of(tills))
    assert tills.outcome(codes[2].digits) == "code_invalid", "before its time"
    assert tills.outcome(codes[0].digits) == "succeeded"
    assert tills.outcome(codes[0].digits) == "code_used"
    tills.bank.clock.advance(codes[3].begins - tills.bank.clock.now() / MICROSECONDS + 50)
    assert tills.outcome(codes[3].digits) == "code_expired"
    assert tills.outcome(codes[4].digits) == "succeeded"
    assert tills.bank.held(tills.mei) == 2_000_00 - 20_00


@ON_BOTH
def test_abuse_46_what_was_paid_with_is_not_given_out_again(tills: Tills) -> None:
    session = session_of(tills)
    first, second, *_ = tills.ahead(session)
    assert tills.outcome(second.digits) == "succeeded"
    again = tills.ahead(session)
    assert (again[0], again[1].digits, again[1].begins) == (first, "", second.begins)


def test_abuse_51_limits_are_one_over_phones_and_codes_with_and_without_network(tills: Tills) -> None:
    """Whoever splits a sum over codes of two phones and of the page meets the same day's limit."""
    limits = tills.s.payments.today(tills.mei.customer, tills.mei.currency)
    assert limits is not None
    first, second = (tills.ahead(session_of(tills)) for _ in range(2))
    assert {code.digits for code in first}.isdisjoint({code.digits for code in second})
    shown = tills.s.payments.code_for(tills.mei.customer).digits
    codes = [first[0].digits, second[0].digits, shown, first[1].digits, second[1].digits]
    step, paid, said = limits.unverified, 0, []
    for code in codes * 1:
        view = tills.pay(code, step)
        said.append(view.status)
        paid += step if view.status == "succeeded" else 0
    assert said[0] == "succeeded"
    assert "needs_verification" in said or "declined" in said
    left = tills.s.payments.today(tills.mei.customer, tills.mei.currency)
    assert left is not None
    assert limits.left - left.left == paid
    assert tills.bank.held(tills.mei) == 2_000_00 - paid


def test_a_frozen_wallet_pays_nothing_whatever_a_phone_still_has(tills: Tills) -> None:
    session = session_of(tills)
    codes = tills.ahead(session)
    tills.bank.run(tills.s.freezing.freeze(tills.mei.customer, customer(tills.mei.customer)))
    assert tills.outcome(codes[0].digits) not in ("succeeded", "needs_verification")
    with pytest.raises(NoCodesAhead):
        tills.ahead(session)
    assert tills.bank.held(tills.mei) == 2_000_00


@pytest.mark.parametrize("way", ["sign out", "forget", "everywhere else", "staff"])
def test_whatever_signs_a_phone_out_revokes_its_codes_and_no_other_s(tills: Tills, way: str) -> None:
    mine, other = tills.signed_in().session, tills.signed_in().session
    lost, kept = tills.ahead(other), tills.ahead(mine)
    s, bank = tills.s, tills.bank
    if way == "sign out":
        bank.run(s.security.sign_out(other))
    elif way == "forget":
        assert bank.run(s.security.forget_device(mine, other.device))
    elif way == "everywhere else":
        bank.run(s.security.sign_out_everywhere(mine))
    else:
        assert bank.do(s.sessions.close, other.id, staff(1))
    assert tills.outcome(lost[0].digits) == "code_invalid"
    assert tills.outcome(kept[0].digits) == "succeeded"
    assert tills.outcome(s.payments.code_for(tills.mei.customer).digits) == "succeeded", "what pages show goes on"
    with pytest.raises(NoCodesAhead):
        tills.ahead(other)
    tills.s.customers.refresh()
    assert tills.outcome(lost[1].digits) == "code_invalid", "and after a restart"


def test_who_signs_in_again_gets_others_and_the_old_ones_stay_refused(tills: Tills) -> None:
    opened = tills.signed_in()
    old = tills.ahead(opened.session)
    tills.bank.run(tills.s.security.sign_out(opened.session))
    again = tills.signed_in(opened.device_token).session
    assert again.device == opened.session.device
    new = tills.ahead(again)
    assert {code.digits for code in old}.isdisjoint({code.digits for code in new})
    assert tills.outcome(new[1].digits) == "succeeded"
    assert tills.outcome(old[1].digits) == "code_invalid"


def test_no_code_outlives_the_session_that_asks(tills: Tills) -> None:
    session = session_of(tills)
    minutes = tills.s.policy.sessions[Role.CUSTOMER].idle_minutes
    tills.bank.clock.advance(minutes * 60 - 95)
    codes = tills.ahead(session)
    assert len(codes) == 9
    assert codes[-1].ends <= tills.s.sessions.ends_at(session) // MICROSECONDS + SLOT_SECONDS
    tills.bank.clock.advance(90)
    with pytest.raises(NoCodesAhead):
        tills.ahead(session)


def test_a_session_that_ends_while_it_asks_gets_nothing(tills: Tills) -> None:
    session = session_of(tills)
    tills.bank.run(tills.s.security.sign_out(session))
    with pytest.raises(NoCodesAhead):
        tills.ahead(session)
    assert tills.s.customers.issuing.customer_of(tills.mei.customer + 1) == 0


def test_asking_each_minute_writes_once_in_ten(tills: Tills) -> None:
    session = session_of(tills)
    numbers = set()
    for _ in range(ROOM_SECONDS // 60):
        tills.ahead(session)
        numbers.add(tills.bank.run(tills.s.offline_codes.number(session, 0)))
        tills.bank.clock.advance(60)
    assert len(numbers) == 1
    assert 0 not in numbers


@ON_BOTH
def test_an_unknown_phone_and_one_phone_too_many_get_nothing(tills: Tills) -> None:
    for _ in range(MOST):
        tills.ahead(session_of(tills))
    with pytest.raises(NoCodesAhead):
        tills.ahead(session_of(tills))
    tills.bank.clock.advance(ROOM_SECONDS + 60)
    assert tills.ahead(session_of(tills))


def test_a_rotation_of_the_keys_ends_them_within_a_minute(tills: Tills) -> None:
    session = session_of(tills)
    old = tills.ahead(session)
    now = tills.bank.clock.now() // MICROSECONDS
    tills.s.codes._ring.rotate(now)
    new = tills.ahead(session)
    assert new[0].digits[2] != old[0].digits[2], "by which a phone learns of it"
    assert tills.outcome(old[1].digits) == "succeeded"
    tills.bank.clock.advance(60)
    assert tills.outcome(old[6].digits) == "code_invalid"
    assert tills.outcome(new[6].digits) == "succeeded"


@ON_BOTH
def test_two_who_ask_at_once_for_one_phone_get_the_same(tills: Tills) -> None:
    session = session_of(tills)
    take = tills.s.offline_codes.take.within
    end = tills.bank.clock.now() // MICROSECONDS + ROOM_SECONDS
    with ThreadPoolExecutor(4) as at_once:
        numbers = set(at_once.map(lambda _: tills.bank.do(take, session, end), range(8)))
    assert len(numbers) == 1
    memory = Customers(tills.bank.db).issuing
    assert memory.device_of(tills.mei.customer) == tills.s.customers.issuing.device_of(tills.mei.customer)
