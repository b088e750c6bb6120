"""Quick payment in the wallet: opened with a challenge of this account, stopped without."""

from __future__ import annotations

import pytest

from feiqian.auth.challenges.errors import BindingDiffers, ChallengeNotFound, ChallengeOver, NotPassed
from feiqian.deposits.errors import AccountNotFound
from feiqian.quick.errors import QuickRefused
from feiqian.quick.model import Pause, QuickState, Way
from tests.customers.people import EVE, EVE_DETAILS, People
from tests.quick.accounts import OPERATOR, account_of


def test_it_is_opened_paused_resumed_and_closed(people: People) -> None:
    session, own = people.checked().session, people.services.own_quick
    account = account_of(people, session.subject.customer).id

    def opened() -> QuickState:
        challenge = people.prove(people.run(own.challenge(session, account)), session.subject)
        now = people.run(own.open(session, challenge, account))
        assert now.way is Way.WALLET
        people.clock.advance(60)
        return now.state

    assert opened() is QuickState.OPEN
    paused = people.run(own.pause(session, account))
    assert (paused.state, paused.pause) == (QuickState.PAUSED, Pause.HOLDER)
    assert opened() is QuickState.OPEN
    assert people.run(own.close(session, account)).state is QuickState.CLOSED
    assert people.run(own.close(session, account)).state is QuickState.CLOSED
    with pytest.raises(QuickRefused, match="state"):
        people.run(own.pause(session, account))
    people.clock.advance(60)
    assert opened() is QuickState.OPEN


def test_abuse_37_a_challenge_opens_the_account_that_it_was_begun_for_and_once(people: People) -> None:
    session, own = people.checked().session, people.services.own_quick
    one, other = (account_of(people, session.subject.customer).id for _ in range(2))
    begun = people.run(own.challenge(session, one))
    with pytest.raises(NotPassed):
        people.run(own.open(session, begun.id, one))
    challenge = people.prove(begun, session.subject)
    with pytest.raises(BindingDiffers):
        people.run(own.open(session, challenge, other))
    with pytest.raises(ChallengeOver):
        people.run(own.open(session, challenge, one))
    people.clock.advance(60)
    challenge = people.prove(people.run(own.challenge(session, one)), session.subject)
    people.run(own.open(session, challenge, one))
    people.run(own.close(session, one))
    with pytest.raises(ChallengeOver):
        people.run(own.open(session, challenge, one))


def test_another_persons_account_is_as_if_it_were_not(people: People) -> None:
    session, own = people.checked().session, people.services.own_quick
    eve = people.checked(EVE, EVE_DETAILS).session
    account = account_of(people, session.subject.customer).id
    for change in (own.challenge, own.pause, own.close):
        with pytest.raises(AccountNotFound):
            people.run(change(eve, account))
    challenge = people.prove(people.run(own.challenge(session, account)), session.subject)
    with pytest.raises(AccountNotFound):
        people.run(own.open(eve, challenge, account))
    with pytest.raises(ChallengeNotFound):
        people.run(own.open(eve, challenge, account_of(people, eve.subject.customer).id))


def test_what_staff_have_paused_is_not_opened_and_the_challenge_is_not_lost(people: People) -> None:
    session, own = people.checked().session, people.services.own_quick
    account = account_of(people, session.subject.customer)
    people.do(people.services.quick.open_within, account, session.subject, Way.STAFF)
    people.do(people.services.quick.pause_within, account, OPERATOR, Pause.STAFF)
    people.clock.advance(60)
    challenge = people.prove(people.run(own.challenge(session, account.id)), session.subject)
    with pytest.raises(QuickRefused, match="staff"):
        people.run(own.open(session, challenge, account.id))
