"""Quiet hours and what is not sent at all; what is urgent goes through whatever was chosen."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from feiqian import features
from feiqian.clock import HOUR, MICROSECONDS
from feiqian.ids import CustomerNumber
from feiqian.inbox.errors import WishesInvalid
from feiqian.inbox.model import Group, Wish
from feiqian.inbox.wishes import CHANGES_A_DAY
from feiqian.notify.quiet import Quiet
from feiqian.web.wallet_parts import NoticeKind, notice_kinds
from tests.customers.people import People
from tests.databases import ON_BOTH

SLOW, URGENT = "case_opened", "frozen"  # of a group, and of none


@pytest.fixture
def mei(people: People) -> CustomerNumber:
    number = people.checked().session.subject.customer
    people.told(number)
    return number


def now_is(people: People) -> int:
    """Minutes of the bank's day."""
    local = datetime.fromtimestamp(people.clock.now() // MICROSECONDS, ZoneInfo("Asia/Shanghai"))
    return local.hour * 60 + local.minute


def quiet_now(people: People, hours: int = 2) -> Quiet:
    minute = now_is(people)
    return Quiet((minute - 60) % 1440, (minute + hours * 60) % 1440)


def tell(people: People, number: CustomerNumber, kind: str) -> None:
    people.clock.advance(0.002)
    people.do(people.services.notices.tell, number, kind, people.clock.now())


def heard(people: People, number: CustomerNumber, since: int) -> list[str]:
    return [kind for kind, channel in people.told(number)[since:] if channel == "sms"]


@ON_BOTH
def test_what_is_not_urgent_waits_for_the_end_and_what_is_urgent_does_not(people: People, mei: CustomerNumber) -> None:
    people.run(people.services.wishes.put(mei, Wish(quiet_now(people))))
    before = len(people.told(mei))
    tell(people, mei, SLOW)
    tell(people, mei, URGENT)
    assert heard(people, mei, before) == [URGENT], "what waits holds up nothing that comes after it"
    assert people.run(people.services.inbox.unread(mei)) >= 2, "the inbox has both at once"
    people.clock.advance(3600)
    assert heard(people, mei, before) == [URGENT]
    people.clock.advance(3600 + 60)
    assert sorted(heard(people, mei, before)) == [SLOW, URGENT]


def test_what_waited_longer_than_a_message_holds_is_sent_all_the_same(people: People, mei: CustomerNumber) -> None:
    people.run(people.services.wishes.put(mei, Wish(quiet_now(people, hours=22))))
    before = len(people.told(mei))
    tell(people, mei, SLOW)
    people.clock.advance(22 * 3600 + 3 * 3600)
    assert heard(people, mei, before) == [SLOW]


def test_outside_the_quiet_hours_nothing_waits(people: People, mei: CustomerNumber) -> None:
    minute = now_is(people)
    people.run(people.services.wishes.put(mei, Wish(Quiet((minute + 60) % 1440, (minute + 120) % 1440))))
    before = len(people.told(mei))
    tell(people, mei, SLOW)
    assert heard(people, mei, before) == [SLOW]


def test_a_group_that_is_not_sent_is_in_the_inbox_alone(people: People, mei: CustomerNumber) -> None:
    people.run(people.services.wishes.put(mei, Wish(None, (Group.SERVICES,))))
    before = len(people.told(mei))
    tell(people, mei, SLOW)
    tell(people, mei, URGENT)
    assert heard(people, mei, before) == [URGENT]
    kinds = [one.kind for one in people.run(people.services.inbox.page(mei)).items]
    assert kinds[:2] == [URGENT, SLOW]


def test_codes_come_whatever_was_chosen(people: People, mei: CustomerNumber) -> None:
    people.run(people.services.wishes.put(mei, Wish(quiet_now(people), tuple(Group))))
    people.enter()
    assert people.code()


def test_what_is_for_somebody_s_safety_can_not_be_left_out() -> None:
    """A kind that no feature declares is urgent, and so is what a thief would want nobody to hear of."""
    kinds: dict[str, NoticeKind] = notice_kinds()
    for kind in ("signed_in", "changed", "frozen", "unfrozen", "recovered", "lock_opening", "limit_raise"):
        assert kinds[kind].group is None
    assert not {"code", "payment_waiting", "number_known"} & kinds.keys()
    assert {one.kind for one in kinds.values() if one.group} >= {SLOW}
    assert features.notice_kinds() is features.notice_kinds()


@pytest.mark.parametrize("quiet", [Quiet(60, 60), Quiet(-1, 60), Quiet(60, 1440)])
def test_hours_that_cannot_be_are_refused(people: People, mei: CustomerNumber, quiet: Quiet) -> None:
    with pytest.raises(WishesInvalid):
        people.run(people.services.wishes.put(mei, Wish(quiet)))
    assert people.run(people.services.wishes.of(mei)) == Wish()


@ON_BOTH
def test_a_choice_is_kept_in_the_audit_log_and_is_not_made_for_ever(people: People, mei: CustomerNumber) -> None:
    for turn in range(CHANGES_A_DAY):
        people.run(people.services.wishes.put(mei, Wish(Quiet(turn, turn + 60), (Group.SERVICES, Group.PEOPLE))))
    kept = people.run(people.services.wishes.of(mei))
    assert kept.unsent == (Group.PEOPLE, Group.SERVICES), "in one order, however it was asked"
    assert people.audit_log(mei).count("notices_chosen") == CHANGES_A_DAY
    with pytest.raises(WishesInvalid, match="too_often"):
        people.run(people.services.wishes.put(mei, Wish()))
    assert people.run(people.services.wishes.put(mei, kept)) == kept, "the same again is no change"
    people.clock.advance(24 * HOUR // MICROSECONDS + 1)
    assert people.run(people.services.wishes.put(mei, Wish())) == Wish()
