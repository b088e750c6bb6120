"""Codes, PINs, passwords and token secrets come out nowhere: not in logs, not in errors, not in what is printed."""

from __future__ import annotations

import io
import logging
import traceback
from typing import Any

import pytest
from authenticator import Authenticator
from proving import NOBODY, OWNER, PASSWORD, PIN, SIGN_IN, SMALL, Bank
from sqlalchemy import text
from webauthn.helpers import bytes_to_base64url as base64url

from feiqian.errors import FeiqianError
from feiqian.policy.factors import Factor
from feiqian.runtime import logs

WRONG_PASSWORD, WRONG_PIN, NEW = "canary in a coal mine 91", "918273", "sparrow sings in october"


@pytest.fixture
def log() -> io.StringIO:
    stream = io.StringIO()
    logs.configure("debug", "json", stream)
    logging.getLogger("sqlalchemy.engine").setLevel(logging.NOTSET)
    return stream


def tried(work: Any) -> str:
    """What could be seen of a call: the error with all that led to it, or what it returned."""
    try:
        return repr(work())
    except FeiqianError as error:
        return f"{error!r} {error} {error.__dict__} {''.join(traceback.format_exception(error))}"


def test_abuse_62_secrets_come_out_nowhere(bank: Bank, log: io.StringIO) -> None:
    token, key, seen = bank.token(), Authenticator(), []
    bank.enrol(key)
    sms = bank.send(bank.begin(SMALL, needs=(frozenset({Factor.SMS}),)).id)
    codes = [sms, bank.code_of(token)]
    for subject in (OWNER, NOBODY):
        id = bank.begin(SIGN_IN, subject).id
        for answer in (WRONG_PASSWORD, PASSWORD):
            seen.append(tried(lambda id=id, subject=subject, a=answer: bank.answer(id, Factor.PASSWORD, a, subject)))
    by_token = bank.begin(SMALL, needs=(frozenset({Factor.TOTP}),)).id
    seen.append(tried(lambda: bank.answer(by_token, Factor.TOTP, codes[1])))
    seen.append(tried(lambda: bank.answer(by_token, Factor.TOTP, codes[1])))
    for answer in (WRONG_PIN, PIN, *[WRONG_PIN] * 6):
        id = bank.begin(SMALL).id
        seen.append(tried(lambda id=id, answer=answer: bank.answer(id, Factor.PIN, answer)))
        seen.append(tried(lambda id=id, answer=answer: bank.answer(id, Factor.SHIELD, answer)))
    seen.append(tried(lambda: bank.run(bank.factors.set_password(OWNER, PASSWORD[:9], [NEW]))))
    seen.append(tried(lambda: bank.run(bank.set_pin(OWNER, "123456", [NEW]))))
    enrolment = bank.run(bank.factors.begin_totp(OWNER, "li.wei"))
    seen += [repr(enrolment), tried(lambda: bank.run(bank.factors.confirm_totp(OWNER, enrolment.id, WRONG_PIN)))]
    seen += [repr(bank.run(bank.factors.list(OWNER))), repr(bank.sent.messages)]
    secret = enrolment.uri.partition("secret=")[2].partition("&")[0]
    assert "subject_locked" in log.getvalue()
    for canary in (WRONG_PASSWORD, WRONG_PIN, PASSWORD, PIN, NEW, secret, token.secret, *codes):
        assert canary not in log.getvalue()
        for what in seen:
            assert canary not in what


def test_abuse_62_secrets_are_not_in_the_database(bank: Bank) -> None:
    token = bank.token()
    enrolment = bank.run(bank.factors.begin_totp(OWNER, "li.wei"))
    code = bank.send(bank.begin(SMALL, needs=(frozenset({Factor.SMS}),)).id)
    secret = enrolment.uri.partition("secret=")[2].partition("&")[0]
    with bank.db.read() as connection:
        names = [name for name in bank.db.engine.dialect.get_table_names(connection) if name.startswith("verif")]
        kept = b"\n".join(
            value if isinstance(value, bytes) else str(value).encode()
            for name in names
            for row in connection.execute(text(f"SELECT * FROM {name}"))
            for value in row
        )
    assert len(names) == 8
    ids = [part for part in kept.split() if part[:4] in (b"chl_", b"fac_")]
    for id in ids:  # random digits, in which a code could be by chance
        kept = kept.replace(id, b"")
    for canary in (PASSWORD, PIN, code, secret, token.secret, "Bakery"):
        assert canary.encode() not in kept


def test_abuse_62_a_key_that_a_browser_answers_with_is_not_in_errors(bank: Bank) -> None:
    key = Authenticator()
    bank.enrol(key)
    id = bank.begin(SMALL).id
    answer = key.get(bank.run(bank.verification.options(id, OWNER, Factor.SHIELD))).replace("webauthn", "x")
    shown = tried(lambda: bank.answer(id, Factor.SHIELD, answer[:-5]))
    assert base64url(key.id) not in shown
