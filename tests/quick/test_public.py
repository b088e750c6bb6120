"""Quick payment opened by somebody who is not signed in: right for its owner, and one answer for everybody else."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Coroutine
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from stdnum import luhn

from feiqian.auth.challenges.errors import AnswerWrong, ChallengeOver, NotPassed
from feiqian.auth.challenges.model import ChallengeView
from feiqian.auth.errors import PreAuthFlowOver
from feiqian.customers.errors import CustomersError
from feiqian.db import METADATA
from feiqian.policy.factors import Factor
from feiqian.quick.errors import NumberRefused, QuickRefused, QuickThrottled
from feiqian.quick.model import Pause, QuickState, Way
from feiqian.quick.public import CLOSE, OPEN, PER_ACCOUNT_DAY, PER_NETWORK_DAY
from feiqian.runtime import network
from feiqian.subjects import customer
from tests.customers.people import CHROME, EVE, EVE_DETAILS, EVE_ID, MEI, MEI_DETAILS, MEI_ID, People, shape
from tests.quick.accounts import OPERATOR, account_of, number_of

NAME = MEI_DETAILS.name
NOBODYS = "99000100000000000" + "0"
NOBODYS += luhn.calc_check_digit(NOBODYS)


def begun(people: People, number: str, act: str = OPEN, document: str = MEI_ID, name: str = NAME) -> ChallengeView:
    return people.run(people.services.public_quick.start(act, number, document, name, "en"))


def proved(people: People, number: str, act: str = OPEN) -> str:
    public, view = people.services.public_quick, begun(people, number, act)
    people.run(public.send(view.id, Factor.SMS))
    assert people.run(public.answer(view.id, Factor.SMS, people.code())).state == "passed"
    return view.id


def test_the_owner_opens_it_without_signing_in_and_closes_it(people: People) -> None:
    mei, public = people.checked().session.subject.customer, people.services.public_quick
    account = account_of(people, mei)
    number = number_of(people, account)
    opened = people.run(public.finish(proved(people, f"{number[:4]}-{number[4:12]} {number[12:]}")))
    assert (opened.state, opened.way, opened.account.id) == (QuickState.OPEN, Way.PAGE, account.id)
    assert people.do(people.services.quick.candidates, mei, number[-6:]) == [account]
    people.clock.advance(60)
    closed = people.run(public.finish(proved(people, number, CLOSE)))
    assert closed.state is QuickState.CLOSED
    assert [act for act in people.audit_log(mei) if act.startswith("quick")] == ["quick_opened", "quick_closed"]


def test_the_message_says_what_the_code_is_for_and_of_which_account_it_is(people: People) -> None:
    number = number_of(people, account_of(people, people.checked().session.subject.customer))
    proved(people, number)
    text = people.arrived()[-1].text
    assert f"Open quick payment, account ...{number[-4:]}" in text
    assert number[-6:] not in text


def test_abuse_37_a_challenge_opens_once_and_not_before_it_is_passed(people: People) -> None:
    number = number_of(people, account_of(people, people.checked().session.subject.customer))
    public, view = people.services.public_quick, begun(people, number)
    with pytest.raises(NotPassed):
        people.run(public.finish(view.id))
    challenge = proved(people, number)
    people.run(public.finish(challenge))
    with pytest.raises(ChallengeOver):
        people.run(public.finish(challenge))
    with pytest.raises(PreAuthFlowOver):
        people.run(public.finish("chl_" + "0" * 32))


@pytest.mark.parametrize("reason", ["staff", "frozen"])
def test_what_does_not_allow_it_is_said_only_after_the_proof(people: People, reason: str) -> None:
    mei, quick = people.checked().session.subject.customer, people.services.quick
    account = account_of(people, mei)
    if reason == "staff":
        people.do(quick.open_within, account, customer(mei), Way.WALLET)
        people.do(quick.pause_within, account, OPERATOR, Pause.STAFF)
    else:
        people.run(people.freezing.freeze(mei, OPERATOR))
    challenge = proved(people, number_of(people, account))
    with pytest.raises(QuickRefused, match=reason):
        people.run(people.services.public_quick.finish(challenge))
    with pytest.raises(ChallengeOver):
        people.run(people.services.public_quick.finish(challenge))
    assert people.do(quick.of, account).state is not QuickState.OPEN


def test_what_can_be_no_number_of_this_bank_is_refused_before_anything_is_kept(people: People) -> None:
    for typed in ("", "123", NOBODYS[:-1] + str((int(NOBODYS[-1]) + 1) % 10), "8" + NOBODYS[1:], NOBODYS + "0"):
        with pytest.raises(NumberRefused) as refused:
            begun(people, typed)
        assert not typed or typed not in str(refused.value)
    with pytest.raises(QuickRefused):
        begun(people, NOBODYS, "pause")
    assert kept(people)["quick_asked"] == []


def test_abuse_95_what_is_asked_is_counted_by_account_and_by_network(people: People) -> None:
    number = number_of(people, account_of(people, people.checked().session.subject.customer))
    for asked in (number, NOBODYS):
        for n in range(PER_ACCOUNT_DAY):
            network.client.set(f"192.0.2.{n}")
            begun(people, asked, name="somebody else")
        with pytest.raises(QuickThrottled, match="account"):
            begun(people, asked)
    network.client.set("192.0.2.200")
    bodies = iter(range(1, 100))
    for _ in range(PER_NETWORK_DAY):
        body = f"{NOBODYS[:12]}{next(bodies):06}"
        begun(people, body + luhn.calc_check_digit(body))
    network.client.set("192.0.2.200")
    with pytest.raises(QuickThrottled, match="network"):
        begun(people, NOBODYS[:12] + "999999" + luhn.calc_check_digit(NOBODYS[:12] + "999999"))
    people.clock.advance(86_401)
    people.do(people.services.public_quick.sweep, people.clock.now(), 500)
    assert kept(people)["quick_asked"] == []
    proved(people, number)


# Account, document and name: each of them wrong in another way; the last is right.
TRIES = [("mei", EVE_ID, NAME), ("mei", MEI_ID, "somebody else"), ("mei", "", ""), (NOBODYS, MEI_ID, NAME)]
TRIES += [("eve", MEI_ID, NAME), ("mei", MEI_ID, NAME)]


def walk(people: People, number: str, document: str, name: str) -> list[object]:
    """All that a stranger sees who gives these details and knows no code."""
    public, seen = people.services.public_quick, list[object]()

    def ask(work: Coroutine[Any, Any, Any]) -> None:
        try:
            answer = people.run(work)
            seen.append(shape(answer) if isinstance(answer, ChallengeView) else answer)
        except Exception as error:  # whatever it is, it is compared
            seen.append((type(error).__name__, str(error), getattr(error, "tries_left", None)))

    challenge = begun(people, number, OPEN, document, name).id
    ask(public.view(challenge))
    for what in (public.finish(challenge), public.send(challenge, Factor.SMS), public.send(challenge, Factor.SMS)):
        ask(what)
    for _ in range(6):
        ask(public.answer(challenge, Factor.SMS, "000000"))
        ask(public.view(challenge))
    people.clock.advance(301)
    ask(public.finish(challenge))
    ask(public.view(begun(people, number, OPEN, document, name).id))
    return seen


@pytest.fixture(scope="module")
def registered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """The folder of a bank with two customers who have an account each, and the numbers of these."""
    with closing(People(tmp_path_factory.mktemp("registered") / "bank")) as people:
        owners = {"mei": people.checked(), "eve": people.checked(EVE, EVE_DETAILS)}
        numbers = {
            name: number_of(people, account_of(people, opened.session.subject.customer))
            for name, opened in owners.items()
        }
    return people.folder, numbers


def each(registered: tuple[Path, dict[str, str]], folder: Path, look: Callable[..., Any]) -> list[Any]:
    """What there is to see of each of the tries, at a bank of its own an hour later."""
    seen = []
    for n, (account, document, name) in enumerate(TRIES):
        with closing(People(Path(shutil.copytree(registered[0], folder / str(n))))) as people:
            people.clock.advance(3_600)
            seen.append(look(people, registered[1].get(account, account), document, name))
    return seen


def test_abuse_95_wrong_details_look_like_right_ones_all_the_way(
    registered: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    walks = each(registered, tmp_path, lambda *asked: _without_ending(walk(*asked), asked[1]))
    for walked in walks[:-1]:
        assert walked == walks[-1]


def test_abuse_43_known_and_unknown_take_the_same_statements_and_leave_the_same(
    registered: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    def look(people: People, number: str, document: str, name: str) -> tuple[Any, ...]:
        statements = list[str]()
        note = lambda _c, _u, statement, *_: statements.append(statement)  # noqa: E731
        event.listen(people.db.engine, "before_cursor_execute", note)
        begun(people, number, OPEN, document, name)
        event.remove(people.db.engine, "before_cursor_execute", note)
        rows = kept(people)
        return statements, rows["quick_asked"], {name: len(of) for name, of in rows.items()}

    seen = each(registered, tmp_path, look)
    for one in seen[:-1]:
        assert one == seen[-1]


def test_nothing_is_sent_and_no_answer_passes_where_the_details_are_wrong(
    registered: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    def look(people: People, number: str, document: str, name: str) -> int:
        before, public = len(people.arrived()), people.services.public_quick
        wrong = begun(people, number, OPEN, document, name).id
        people.run(public.send(wrong, Factor.SMS))
        sent = len(people.arrived()) - before
        if not sent:
            people.clock.advance(31)
            proved(people, registered[1]["mei"])
            with pytest.raises(AnswerWrong):
                people.run(public.answer(wrong, Factor.SMS, people.code()))
        return sent

    assert each(registered, tmp_path, look) == [0, 0, 0, 0, 0, 1]


def kept(people: People) -> dict[str, list[tuple[object, ...]]]:
    """The shape of every row: what is a whole number, and how long each text and sealed value is."""
    shapes: dict[str, list[tuple[object, ...]]] = {}
    with people.db.read() as connection:
        for table in METADATA.sorted_tables:
            rows = connection.execute(table.select()).all()
            known = [tuple(len(v) if isinstance(v, str | bytes) else type(v) for v in row) for row in rows]
            shapes[table.name] = sorted(known, key=str)
    return shapes


def _without_ending(seen: list[object], number: str) -> list[object]:
    """What is shown of the account is what was typed."""
    return [
        one._replace(text=one.text.replace(number[-4:], "####")) if isinstance(one, ChallengeView) else one
        for one in seen
    ]


def test_abuse_43_neither_a_locked_holder_nor_another_account_of_theirs_is_seen_here(people: People) -> None:
    mei = people.checked().session.subject.customer
    one, other = (number_of(people, account_of(people, mei)) for _ in range(2))
    for _ in range(5):
        with pytest.raises(CustomersError):
            people.run(people.sign_in.password(MEI, "not the password", "en", CHROME))
    public = people.services.public_quick
    first = begun(people, one)
    for _ in range(3):
        assert _without_ending([shape(begun(people, other))], other) == _without_ending([shape(first)], one)
    assert people.run(public.view(first.id)).state == "open"
    assert shape(begun(people, NOBODYS))._replace(text="") == shape(first)._replace(text="")
    for challenge in (first, begun(people, other)):  # codes to one do not hold up codes to the other
        people.run(public.send(challenge.id, Factor.SMS))


def test_a_code_to_a_number_that_was_on_file_when_it_was_asked_for_opens_nothing(people: People) -> None:
    mei = people.checked().session.subject.customer
    account = account_of(people, mei)
    challenge = proved(people, number_of(people, account))
    people.do(people.customers.profiles.put_mobile, mei, "+8613900007777", people.clock.now())
    with pytest.raises(QuickRefused, match="number"):
        people.run(people.services.public_quick.finish(challenge))
    assert people.do(people.services.quick.of, account).state is QuickState.CLOSED
