"""A forgotten secret: who they are, two factors, a new one; then low limits, and everybody is told."""

from __future__ import annotations

import shutil
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from authenticator import Authenticator
from people import (
    CHROME,
    EVE,
    EVE_DETAILS,
    EVE_ID,
    MEI,
    MEI_DETAILS,
    MEI_ID,
    NEW_PASSWORD,
    NEW_PIN,
    PASSWORD,
    PIN,
    UNKNOWN,
    People,
    shape,
)
from sqlalchemy import event

from feiqian.auth.challenges.errors import AnswerWrong, ChallengeOver, NotPassed, TooWeak
from feiqian.auth.challenges.model import ChallengeView
from feiqian.auth.errors import SecretUnchanged, SignInLocked, SignInRefused
from feiqian.customers.errors import CustomersError
from feiqian.db import METADATA
from feiqian.notify.model import Channel
from feiqian.policy.factors import Factor
from feiqian.subjects import customer

NAME = MEI_DETAILS.name


def start(bank: People, what: str = "password", mobile: str = MEI, number: str = MEI_ID, name: str = NAME) -> str:
    return bank.run(bank.recovery.start(what, mobile, number, name, "en")).id


def by_code(bank: People, challenge: str, factor: Factor) -> ChallengeView:
    bank.run(bank.recovery.send(challenge, factor))
    return bank.run(bank.recovery.answer(challenge, factor, bank.code(Channel(factor.value))))


def proved(bank: People, what: str = "password") -> str:
    challenge = start(bank, what)
    by_code(bank, challenge, Factor.SMS)
    by_code(bank, challenge, Factor.EMAIL)
    return challenge


def test_a_forgotten_password_is_replaced(bank: People) -> None:
    opened = bank.register()
    before = len(bank.told(1))
    bank.run(bank.recovery.finish(proved(bank), NEW_PASSWORD))
    assert bank.run(bank.services.sessions.find(opened.token)) is None
    assert bank.cooling(1)
    assert sorted(bank.told(1)[before:]) == [("recovered", "email"), ("recovered", "sms")]
    assert bank.audit_log(1)[-1] == "recovered"
    with pytest.raises(SignInRefused):
        bank.run(bank.sign_in.password(MEI, PASSWORD, "en", CHROME))
    assert bank.enter(password=NEW_PASSWORD).session.subject == customer(1)


def test_a_forgotten_pin_is_replaced_and_the_password_stays(bank: People) -> None:
    bank.register()
    bank.run(bank.recovery.finish(proved(bank, "pin"), NEW_PIN))
    assert bank.enter().session.subject == customer(1)
    with pytest.raises(SecretUnchanged):
        bank.run(bank.recovery.finish(proved(bank, "pin"), NEW_PIN))


def test_only_passwords_and_pins_are_recovered(bank: People) -> None:
    bank.register()
    with pytest.raises(CustomersError):
        start(bank, "level")


def test_a_new_secret_is_strong_another_and_set_once(bank: People) -> None:
    bank.register()
    challenge = proved(bank)
    for weak in ("short", "limei19900307", "13900001111x"):
        with pytest.raises(TooWeak):
            bank.run(bank.recovery.finish(challenge, weak))
    with pytest.raises(SecretUnchanged):
        bank.run(bank.recovery.finish(challenge, PASSWORD))
    bank.run(bank.recovery.finish(challenge, NEW_PASSWORD))
    with pytest.raises(ChallengeOver):
        bank.run(bank.recovery.finish(challenge, "another good lantern"))


def test_names_and_numbers_are_compared_as_people_write_them(bank: People) -> None:
    bank.register()
    for number, name in ((MEI_ID.lower(), " 李 梅 "), (f" {MEI_ID[:6]} {MEI_ID[6:]}", "Li Mei"), (MEI_ID, "MEI LI")):
        challenge = start(bank, number=number, name=name)
        assert by_code(bank, challenge, Factor.SMS).passed == (Factor.SMS,)
        bank.clock.advance(600)


def test_abuse_42_no_factor_can_be_skipped(bank: People) -> None:
    bank.register()
    challenge = start(bank)
    with pytest.raises(NotPassed):
        bank.run(bank.recovery.finish(challenge, NEW_PASSWORD))
    by_code(bank, challenge, Factor.SMS)
    with pytest.raises(NotPassed):
        bank.run(bank.recovery.finish(challenge, NEW_PASSWORD))
    other = start(bank)
    by_code(bank, other, Factor.EMAIL)
    for half in (challenge, other):
        with pytest.raises(NotPassed):
            bank.run(bank.recovery.finish(half, NEW_PASSWORD))
    assert bank.enter().session.subject == customer(1)


def test_abuse_42_a_challenge_of_something_else_recovers_nothing(bank: People) -> None:
    bank.register()
    signing_in = bank.run(bank.sign_in.password(MEI, PASSWORD, "en", CHROME))
    bank.run(bank.sign_in.send(signing_in.id, Factor.SMS))
    bank.run(bank.sign_in.answer(signing_in.id, Factor.SMS, bank.code()))
    with pytest.raises(CustomersError):
        bank.run(bank.recovery.finish(signing_in.id, NEW_PASSWORD))


def test_an_enrolled_passkey_stands_for_the_mail(bank: People) -> None:
    opened, key = bank.register(details=replace(MEI_DETAILS, email="")), Authenticator()
    bank.enrol(opened.session, key)
    challenge = start(bank)
    by_code(bank, challenge, Factor.SMS)
    options = bank.run(bank.recovery.options(challenge, Factor.PASSKEY))
    bank.run(bank.recovery.answer(challenge, Factor.PASSKEY, key.get(options)))
    bank.run(bank.recovery.finish(challenge, NEW_PASSWORD))
    assert bank.enter(password=NEW_PASSWORD).session.subject == customer(1)


def test_without_mail_and_key_people_help_and_the_answer_is_the_same(bank: People) -> None:
    bank.register(details=replace(MEI_DETAILS, email=""))
    views = [shape(bank.run(bank.recovery.start("password", m, MEI_ID, NAME, "en"))) for m in (MEI, MEI, UNKNOWN)]
    assert views[0] == views[1] == views[2]
    cases = bank.do(bank.services.cases.waiting).items
    assert [(case.customer, case.kind) for case in cases] == [(1, "recovery_help")]
    assert bank.told(1) == [("recovery_help", "sms")]


def test_a_lock_is_lifted_by_recovery(bank: People) -> None:
    bank.register()
    while True:
        try:
            bank.run(bank.sign_in.password(MEI, "not the password", "en", CHROME))
        except SignInLocked:
            break
        except SignInRefused:
            continue
    bank.run(bank.recovery.finish(proved(bank), NEW_PASSWORD))
    assert bank.enter(password=NEW_PASSWORD).session.subject == customer(1)


@pytest.mark.parametrize("mobile", [MEI, UNKNOWN])
def test_while_locked_codes_are_said_to_have_sixteen_digits_for_known_and_unknown(bank: People, mobile: str) -> None:
    bank.register()
    before = bank.run(bank.recovery.view(start(bank, mobile=mobile)))
    for _ in range(5):
        with pytest.raises(CustomersError):
            bank.run(bank.sign_in.password(mobile, "not the password", "en", CHROME))
    view = bank.run(bank.recovery.view(start(bank, mobile=mobile)))
    assert (before.digits[Factor.SMS], view.digits[Factor.SMS]) == (6, 16)
    assert Factor.SMS not in view.locked


def test_a_long_code_is_taken_with_whatever_is_pasted_between_its_digits(bank: People) -> None:
    bank.register()
    for _ in range(5):
        with pytest.raises(CustomersError):
            bank.run(bank.sign_in.password(MEI, "not the password", "en", CHROME))
    challenge = start(bank)
    bank.run(bank.recovery.send(challenge, Factor.SMS))
    code = bank.code()
    pasted = "\u00a0".join((code[:4], code[4:8], code[8:12])) + "\u2011" + code[12:] + "\u200b"
    assert bank.run(bank.recovery.answer(challenge, Factor.SMS, pasted)).passed == (Factor.SMS,)


# Each of them wrong in another way; the last is right.
TRIES = [
    (MEI, EVE_ID, NAME),
    (MEI, MEI_ID, "somebody else"),
    (MEI, "", ""),
    (UNKNOWN, MEI_ID, NAME),
    (EVE, MEI_ID, NAME),
    (MEI, MEI_ID, NAME),
]


def walk(bank: People, mobile: str, number: str, name: str) -> list[object]:
    """All that a stranger sees who gives these details and knows no code."""
    seen: list[object] = []

    def ask(work: object) -> None:
        try:
            answer = bank.run(work)  # type: ignore[arg-type]
            seen.append(shape(answer) if isinstance(answer, ChallengeView) else answer)
        except Exception as error:  # whatever it is, it is compared
            seen.append((type(error).__name__, str(error), getattr(error, "tries_left", None)))

    challenge = start(bank, "password", mobile, number, name)
    ask(bank.recovery.view(challenge))
    ask(bank.recovery.finish(challenge, NEW_PASSWORD))
    for factor in (Factor.SMS, Factor.EMAIL, Factor.SMS):
        ask(bank.recovery.send(challenge, factor))
    ask(bank.recovery.answer(challenge, Factor.PIN, PIN))
    ask(bank.recovery.answer(challenge, Factor.PASSKEY, "{}"))
    for factor in (Factor.SMS, Factor.EMAIL, Factor.SMS, Factor.SMS, Factor.EMAIL, Factor.SMS):
        ask(bank.recovery.answer(challenge, factor, "000000"))
        ask(bank.recovery.view(challenge))
    bank.clock.advance(40)
    ask(bank.recovery.send(challenge, Factor.SMS))
    ask(bank.recovery.answer(challenge, Factor.SMS, "0000000000000000"))
    ask(bank.recovery.view(challenge))
    bank.clock.advance(301)
    ask(bank.recovery.finish(challenge, NEW_PASSWORD))
    ask(bank.recovery.answer(challenge, Factor.SMS, "000000"))
    return seen


@pytest.fixture(scope="module")
def registered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a bank with two customers."""
    with closing(People(tmp_path_factory.mktemp("registered") / "bank")) as bank:
        bank.register()
        bank.register(EVE, EVE_DETAILS)
    return bank.folder


def copied(registered: Path, folder: Path) -> People:
    """Another such bank, an hour later."""
    bank = People(Path(shutil.copytree(registered, folder)))
    bank.clock.advance(3_600)
    return bank


@pytest.mark.parametrize("tried_before", [0, 2, 5])
def test_abuse_43_wrong_details_look_like_right_ones_all_the_way(
    tried_before: int, registered: Path, tmp_path: Path
) -> None:
    walks = []
    for n, (mobile, number, name) in enumerate(TRIES):
        bank = copied(registered, tmp_path / str(n))
        for _ in range(tried_before):
            with pytest.raises(CustomersError):
                bank.run(bank.sign_in.password(mobile, "not the password", "en", CHROME))
        bank.hasher.calls.clear()
        walks.append((walk(bank, mobile, number, name), list(bank.hasher.calls)))
        bank.close()
    for walked in walks[:-1]:
        assert walked == walks[-1]


def test_nothing_is_sent_to_whom_the_details_are_not_of(bank: People) -> None:
    bank.register()
    before = len(bank.arrived())
    for mobile, number, name in TRIES[:-1]:
        challenge = start(bank, "password", mobile, number, name)
        bank.run(bank.recovery.send(challenge, Factor.SMS))
        bank.run(bank.recovery.send(challenge, Factor.EMAIL))
    assert bank.arrived()[before:] == []
    assert bank.do(bank.services.cases.waiting).items == []


def test_no_answer_passes_a_challenge_of_wrong_details_not_even_the_owners(bank: People) -> None:
    opened, key = bank.register(), Authenticator()
    bank.enrol(opened.session, key)
    right, wrong = start(bank), start(bank, name="somebody else")
    bank.run(bank.recovery.send(wrong, Factor.SMS))
    bank.clock.advance(31)
    by_code(bank, right, Factor.SMS)
    with pytest.raises(AnswerWrong):
        bank.run(bank.recovery.answer(wrong, Factor.SMS, bank.code()))
    options = bank.run(bank.recovery.options(wrong, Factor.PASSKEY))
    with pytest.raises(AnswerWrong):
        bank.run(bank.recovery.answer(wrong, Factor.PASSKEY, key.get(options)))
    with pytest.raises(NotPassed):
        bank.run(bank.recovery.finish(wrong, NEW_PASSWORD))


# As they are kept, in other spellings, wrong in one or both, and with a number that is nobody's.
SPELLINGS = [
    (MEI, MEI_ID, NAME),
    (MEI, MEI_ID.lower(), "LI Mei"),
    (MEI, f" {MEI_ID[:6]} {MEI_ID[6:]}", "mei  li"),
    (MEI, EVE_ID, NAME),
    (MEI, MEI_ID, "somebody else"),
    (MEI, EVE_ID, EVE_DETAILS.name),
    (UNKNOWN, MEI_ID, NAME),
    (UNKNOWN, EVE_ID, "somebody else"),
]


def kept(bank: People) -> dict[str, list[tuple[object, ...]]]:
    """The shape of every row: what is a whole number, and how long each text and sealed value is."""
    shapes: dict[str, list[tuple[object, ...]]] = {}
    with bank.db.read() as connection:
        for table in METADATA.sorted_tables:
            rows = connection.execute(table.select()).all()
            known = [
                tuple(len(value) if isinstance(value, str | bytes) else type(value) for value in row) for row in rows
            ]
            shapes[table.name] = sorted(known, key=str)
    return shapes


def observed(
    registered: Path, folder: Path, first: tuple[str, str, str], then: tuple[str, str, str], what: str
) -> dict[str, Any]:
    """An earlier recovery, then four more with other details: everything of it that can be compared."""
    bank = copied(registered, folder)
    before, statements = len(bank.arrived()), list[str]()
    note = lambda _c, _u, statement, *_: statements.append(statement)  # noqa: E731
    event.listen(bank.db.engine, "before_cursor_execute", note)
    bank.hasher.calls.clear()
    earlier = start(bank, what, *first)
    answers = [shape(bank.run(bank.recovery.start(what, *then, "en"))) for _ in range(4)]
    seen: dict[str, Any] = {"statements": tuple(statements), "hashes": tuple(bank.hasher.calls), "answers": answers}
    seen |= {"earlier": bank.run(bank.recovery.view(earlier)).state, "told": len(bank.arrived()) - before}
    last, sends = start(bank, what, *then), list[object]()
    for challenge in (last, earlier):
        for factor in (Factor.SMS, Factor.EMAIL):
            try:
                sends.append(shape(bank.run(bank.recovery.send(challenge, factor))))
            except Exception as error:  # whatever it is, it is compared
                sends.append((type(error).__name__, str(error)))
    everything = {name: rows for name, rows in kept(bank).items() if name not in MESSAGES}
    bank.close()
    return seen | {"sends": sends, "rows": everything}


MESSAGES = ("outbox_deliveries", "notify_codes", "notify_inbox")  # only their owner sees what was sent


@pytest.mark.parametrize("what", ["password", "pin"])
def test_abuse_81_recovery_with_right_and_wrong_details_is_one_way_in_storage_too(
    what: str, registered: Path, tmp_path: Path
) -> None:
    for first in (SPELLINGS[0], SPELLINGS[4], SPELLINGS[6]):
        same_number = [then for then in SPELLINGS if then[0] == first[0]]
        seen = [observed(registered, tmp_path / f"{first}{n}", first, then, what) for n, then in enumerate(same_number)]
        for other in seen[1:]:
            assert other == seen[0]
        assert seen[0]["earlier"] == "void"
        assert seen[0]["told"] == 0


@pytest.mark.parametrize("what", ["password", "pin"])
def test_abuse_81_a_number_that_is_nobodys_is_answered_and_kept_as_a_customers(
    what: str, registered: Path, tmp_path: Path
) -> None:
    seen = [observed(registered, tmp_path / str(n), one, one, what) for n, one in enumerate(SPELLINGS)]
    for other in seen[1:]:
        assert (other["answers"], other["sends"]) == (seen[0]["answers"], seen[0]["sends"])
        assert (other["earlier"], other["told"]) == (seen[0]["earlier"], seen[0]["told"])
        assert (other["hashes"], other["statements"]) == (seen[0]["hashes"], seen[0]["statements"])
        mine, theirs = other["rows"], seen[0]["rows"]
        assert {n: len(r) for n, r in mine.items() if n != "verification_tries"} == {
            n: len(r) for n, r in theirs.items() if n != "verification_tries"
        }
