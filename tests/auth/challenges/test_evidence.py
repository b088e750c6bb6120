"""Evidence stands by itself: it is checked without the server, and whatever is tampered with makes it fail."""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from authenticator import UP, UV, Authenticator
from proving import NOBODY, ORIGIN, OTHER, OWNER, PAYMENT, SIGN_IN, SMALL, Bank
from sqlalchemy import select

from feiqian.auth import commands as command
from feiqian.auth.challenges import evidence
from feiqian.auth.challenges.marks import read_mark
from feiqian.auth.challenges.passkeys import RelyingParty
from feiqian.auth.challenges.proof import Document, DocumentInvalid, check
from feiqian.auth.challenges.tables import evidence as kept_rows
from feiqian.policy.factors import Factor, Purpose
from feiqian.settings import Settings

Fields = dict[str, str]


def signed(bank: Bank, key: Authenticator, factor: Factor = Factor.SHIELD) -> Fields:
    """A payment confirmed by a key: its evidence."""
    bank.enrol(key, factor)
    view = bank.begin()
    assert bank.sign(view.id, key, factor).state == "passed"
    spent = bank.run(bank.verification.consume(view.id, OWNER, PAYMENT))
    with bank.db.read() as connection:
        document = evidence.document(connection, bank.cipher, spent.evidence)
    assert document is not None
    return json.loads(document)


def failed(fields: Fields) -> list[str]:
    """The checks that do not hold; "invalid" where none could be made."""
    try:
        return [what for what, held in check(json.dumps(fields).encode()).checks if not held]
    except DocumentInvalid:
        return ["invalid"]


APP = "android:apk-key-hash:" + "A" * 43


def test_what_an_app_signed_is_kept_with_its_own_origin(bank: Bank) -> None:
    bank.factors.party = RelyingParty(ORIGIN, (APP,))
    fields = signed(bank, Authenticator(origin=APP))
    assert fields["origin"] == APP
    assert failed(fields) == []
    assert failed(fields | {"origin": ORIGIN}) == ["clientDataJSON names this origin, which is ours"]


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256"])
def test_a_shields_signature_is_kept_and_good(bank: Bank, algorithm: str) -> None:
    fields = signed(bank, Authenticator(algorithm=algorithm))
    checked = check(json.dumps(fields).encode())
    assert checked.good
    assert len(checked.checks) == 9
    assert checked.algorithm == algorithm
    assert fields["text"].splitlines()[:4] == [
        "Confirm a payment",
        "Amount: CN¥6,000.00 (CNY)",
        "To: Corner Bakery",
        "From: Li Wei",
    ]
    mark = read_mark(fields["text"])
    assert mark is not None
    assert (mark.purpose, mark.subject, mark.at) == ("payment", "customer:1", "2027-01-15T08:00:00.000000Z")


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256"])
@pytest.mark.parametrize("name", Document.__struct_fields__)
def test_every_field_that_is_tampered_with_makes_it_fail(bank: Bank, name: str, algorithm: str) -> None:
    fields = signed(bank, Authenticator(algorithm=algorithm))
    assert failed(fields) == []
    value = fields[name]
    for at in sorted({0, len(value) // 2, len(value) - 1}):
        other = "B" if value[at] != "B" else "C"
        assert failed(fields | {name: value[:at] + other + value[at + 1 :]}), f"{name} at {at}"
    assert failed(fields | {name: value + "A"})
    assert failed(fields | {name: ""})
    assert failed({key: value for key, value in fields.items() if key != name}) == ["invalid"]


def test_another_text_with_its_own_hash_does_not_pass(bank: Bank) -> None:
    fields = signed(bank, Authenticator())
    text = fields["text"].replace("6,000.00", "6.00")
    forged = fields | {"text": text, "text_sha256": hashlib.sha256(text.encode()).hexdigest()}
    assert failed(forged) == ["the challenge in clientDataJSON is the SHA-256 of the text"]


def resigned(
    fields: Fields, key: Authenticator, flags: int | None = None, rp_id: str = "localhost", **said: Any
) -> Fields:
    """The same evidence, signed anew by its own key over other client data or flags."""
    client = json.loads(base64.urlsafe_b64decode(fields["client_data_json"] + "==")) | said
    data = bytearray(base64.urlsafe_b64decode(fields["authenticator_data"] + "=="))
    data[32] = data[32] if flags is None else flags
    data[:32] = hashlib.sha256(rp_id.encode()).digest()
    raw = json.dumps(client).encode()
    signature = key.sign(bytes(data) + hashlib.sha256(raw).digest())
    texts = [base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (bytes(data), raw, signature)]
    return fields | dict(zip(("authenticator_data", "client_data_json", "signature"), texts, strict=True))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"type": "webauthn.create"}, "type webauthn.get"),
        ({"origin": "https://evil.example"}, "names this origin"),
        ({"challenge": "AAAA"}, "the challenge in clientDataJSON"),
        ({"flags": UP}, "(UV)"),
        ({"flags": UV}, "(UP)"),
        ({"rp_id": "evil.example"}, "rpIdHash"),
    ],
)
def test_even_the_key_itself_cannot_sign_what_is_not_a_confirmation(
    bank: Bank, change: dict[str, Any], what: str
) -> None:
    key = Authenticator()
    fields = signed(bank, key)
    assert failed(resigned(fields, key)) == []
    (only,) = failed(resigned(fields, key, **change))
    assert what in only


def test_a_field_too_many_or_twice_is_refused(bank: Bank) -> None:
    fields = signed(bank, Authenticator())
    assert failed(fields | {"note": "x"}) == ["invalid"]
    twice = json.dumps(fields)[:-1] + ', "subject": "customer:2"}'
    with pytest.raises(DocumentInvalid):
        check(twice.encode())
    for odd in (b"", b"[]", b"null", b"\xff", b"[" * 100_000):
        with pytest.raises(DocumentInvalid):
            check(odd)


def test_what_is_kept_and_for_whom(bank: Bank) -> None:
    shield, passkey = Authenticator(), Authenticator()
    bank.enrol(shield)
    bank.enrol(passkey, Factor.PASSKEY)
    for binding, key, factor in (
        (SMALL, shield, Factor.SHIELD),
        (SMALL, passkey, Factor.PASSKEY),
        (SIGN_IN, shield, Factor.SHIELD),
        (SIGN_IN, passkey, Factor.PASSKEY),
    ):
        bank.sign(bank.begin(binding).id, key, factor)
        bank.clock.advance(1)
    with bank.db.read() as connection:
        kept = evidence.listed(connection, OWNER)
        assert [(one.purpose, one.factor) for one in kept] == [
            (Purpose.SIGN_IN, Factor.SHIELD),
            (Purpose.PAYMENT, Factor.PASSKEY),
            (Purpose.PAYMENT, Factor.SHIELD),
        ]
        assert evidence.listed(connection) == kept
        assert evidence.listed(connection, OTHER) == evidence.listed(connection, NOBODY) == []
        assert all(check(evidence.document(connection, bank.cipher, one.id) or b"").good for one in kept)


def test_evidence_is_sealed_at_rest(bank: Bank) -> None:
    signed(bank, Authenticator())
    with bank.db.read() as connection:
        stored = connection.execute(select(kept_rows.c.document)).scalar_one()
    assert b"Bakery" not in stored


def run(folder: Path, *arguments: str) -> int:
    commands = argparse.ArgumentParser().add_subparsers()
    command.register(commands)
    options = commands.choices["evidence"].parse_args(arguments)
    return int(options.run(Settings(data=str(folder)), options))


def test_the_command_lists_shows_and_verifies(bank: Bank, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    signed(bank, Authenticator())
    (tmp_path / "data-key").write_text(bytes(range(32)).hex())
    assert run(tmp_path, "list", "--customer", "1") == 0
    line = capsys.readouterr().out
    assert line.split()[3:6] == ["customer:1", "payment", "shield"]
    assert run(tmp_path, "list", "--customer", "2") == 0
    assert capsys.readouterr().out == ""
    assert run(tmp_path, "show", line.split()[0]) == 0
    file = tmp_path / "confirmed.json"
    file.write_text(capsys.readouterr().out)
    assert run(tmp_path / "elsewhere", "verify", str(file)) == 0
    told = capsys.readouterr().out
    assert "good: signed as it stands here" in told
    assert told.count("held") == 9
    file.write_text(file.read_text().replace("Bakery", "Bank"))
    assert run(tmp_path, "verify", str(file)) == 1
    assert "NOT GOOD" in capsys.readouterr().out
    assert run(tmp_path, "verify", str(tmp_path / "none.json")) == 1
    assert run(tmp_path, "show", "evi_none") == 1
