"""What each use case of people asks of the database, counted: one transaction, unless there is a reason for more."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import people
import pyotp
import pytest
from authenticator import Authenticator
from people import CHROME, MEI, MEI_DETAILS, MEI_ID, NEW_PASSWORD, PASSWORD, UNKNOWN, People
from transactions import counted

from feiqian.auth.errors import SignInRefused
from feiqian.auth.model import Session
from feiqian.notify.model import Channel
from feiqian.policy.factors import Factor, Purpose

T = TypeVar("T")
OTHER_PASSWORD, OTHER_EMAIL = "another quiet lighthouse", "mei@example.org"
Counts = dict[str, tuple[int, int, int]]


class Walk:
    """Runs use cases and notes transactions, commits and statements of each."""

    def __init__(self, bank: People) -> None:
        self.bank, self.took = bank, Counts()

    def run(self, name: str, use_case: Coroutine[Any, Any, T]) -> T:
        with counted(self.bank.db.engine) as asked:
            try:
                return self.bank.run(use_case)
            finally:
                self.took[name] = (asked.transactions, asked.commits, asked.statements)


@pytest.fixture
def walk(bank: People) -> Walk:
    return Walk(bank)


def test_registration(walk: Walk, bank: People) -> None:
    started = walk.run("start", bank.registration.start(MEI, "en"))
    application, code = started.application, bank.code()
    walk.run("answer", bank.registration.answer(started.challenge.id, Factor.SMS, code))
    walk.run("confirm", bank.registration.confirm(application, started.challenge.id))
    walk.run("check", bank.registration.check(application, MEI_DETAILS))
    walk.run("finish", bank.registration.finish(application, MEI_DETAILS, CHROME))
    assert walk.took == {
        "start": (1, 1, 29),
        "answer": (1, 1, 26),
        "confirm": (1, 1, 6),
        "check": (1, 1, 8),
        "finish": (3, 2, 29),  # the hashes; then what was committed is read
    }


def test_sign_in(walk: Walk, bank: People) -> None:
    opened, key = bank.register(), Authenticator()
    bank.enrol(opened.session, key)
    bank.clock.advance(3_600)
    for name, mobile in (("wrong", MEI), ("unknown", UNKNOWN)):
        with pytest.raises(SignInRefused):
            walk.run(name, bank.sign_in.password(mobile, NEW_PASSWORD, "en", CHROME))
    view = walk.run("password", bank.sign_in.password(MEI, PASSWORD, "en", CHROME))
    walk.run("send", bank.sign_in.send(view.id, Factor.SMS))
    code = bank.code()
    walk.run("answer", bank.sign_in.answer(view.id, Factor.SMS, code))
    walk.run("finish", bank.sign_in.finish(view.id, CHROME))
    token, options = walk.run("passkey options", bank.sign_in.passkey_options("en"))
    walk.run("passkey", bank.sign_in.passkey(token, key.get(options), CHROME))
    assert walk.took == {
        "wrong": (3, 3, 18),  # a try is committed before the hash, in its turn
        "unknown": (3, 3, 20),
        "password": (3, 3, 27),
        "send": (1, 1, 20),
        "answer": (1, 1, 31),
        "finish": (2, 1, 26),  # a new device: what was committed is read
        "passkey options": (0, 0, 0),
        "passkey": (1, 1, 39),
    }


def test_recovery(walk: Walk, bank: People) -> None:
    bank.register()
    bank.clock.advance(3_600)
    view = walk.run("start", bank.recovery.start("password", MEI, MEI_ID, "李梅", "en"))
    for factor, channel in ((Factor.SMS, Channel.SMS), (Factor.EMAIL, Channel.EMAIL)):
        walk.run("send", bank.recovery.send(view.id, factor))
        code = bank.code(channel)
        walk.run("answer", bank.recovery.answer(view.id, factor, code))
    walk.run("finish", bank.recovery.finish(view.id, NEW_PASSWORD))
    walk.run("lost phone", bank.lost_phones.report(MEI, MEI_ID, "李梅"))
    assert walk.took == {
        "start": (1, 1, 17),
        "send": (1, 1, 21),
        "answer": (1, 1, 35),
        "finish": (3, 1, 36),  # the hash; then what was committed is read
        "lost phone": (1, 1, 6),
    }


def test_changing(walk: Walk, bank: People, monkeypatch: pytest.MonkeyPatch) -> None:
    session = bank.register().session
    asked = walk.run("confirmation", bank.changing.challenge(session, Purpose.CHANGE_PASSWORD))
    challenge = bank.prove(asked, session.subject)
    walk.run("password", bank.changing.change_password(session, challenge, OTHER_PASSWORD))
    monkeypatch.setattr(people, "PASSWORD", OTHER_PASSWORD)
    contact(walk, bank, session)
    factors(walk, bank, session)
    walk.run("overview", bank.security.overview(session))
    walk.run("stolen", bank.security.report_stolen(session))
    assert walk.took == {
        "confirmation": (1, 1, 15),
        "password": (2, 2, 22),  # the hash
        "contact start": (1, 1, 27),
        "contact answer": (1, 1, 27),
        "contact finish": (2, 1, 21),  # what was committed is read
        "totp begin": (1, 1, 7),
        "totp finish": (1, 1, 12),
        "key begin": (1, 1, 8),
        "key finish": (1, 1, 13),
        "overview": (1, 0, 6),
        "stolen": (2, 2, 54),  # the ledger, between the two
    }


def contact(walk: Walk, bank: People, session: Session) -> None:
    """A new e-mail address."""
    challenge = bank.passed(session, Purpose.CHANGE_CONTACT, "email", OTHER_EMAIL)
    started = walk.run("contact start", bank.new_contacts.start(session, challenge, "email", OTHER_EMAIL))
    code = bank.code(Channel.EMAIL)
    walk.run("contact answer", bank.new_contacts.answer_code(session, started.application, Factor.EMAIL, code))
    walk.run("contact finish", bank.new_contacts.finish(session, started.application))


def factors(walk: Walk, bank: People, session: Session) -> None:
    """A token, and a passkey."""
    challenge = bank.passed(session, Purpose.ADD_FACTOR, "totp")
    begun = walk.run("totp begin", bank.changing.begin_totp(session, challenge))
    secret = parse_qs(urlsplit(begun.uri).query)["secret"][0]
    now = pyotp.TOTP(secret).at(bank.clock.now() // 1_000_000)
    walk.run("totp finish", bank.changing.finish_totp(session, begun.id, now))
    challenge, key = bank.passed(session, Purpose.ADD_FACTOR, "passkey"), Authenticator()
    id, options = walk.run("key begin", bank.changing.begin_key(session, challenge, Factor.PASSKEY))
    walk.run("key finish", bank.changing.finish_key(session, id, key.create(options), "my key"))
