"""Keeps the evidence of signatures: of every shield, and of payments by passkey. Nothing changes or removes it.

Documents are sealed at rest; once shown, they are checked by `proof` without us. All functions block.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, insert, select
from webauthn.helpers import bytes_to_base64url as base64url

from feiqian.auth.challenges.marks import read_mark
from feiqian.auth.challenges.passkeys import RelyingParty, Signed, challenge_of
from feiqian.auth.challenges.proof import FORMAT, Document
from feiqian.auth.challenges.tables import DOCUMENT, evidence, of
from feiqian.columns import SUBJECT
from feiqian.field_cipher import FieldCipher
from feiqian.ids import EVIDENCE, new_id
from feiqian.policy.factors import BY_AMOUNT, Factor, Purpose
from feiqian.subjects import Subject


class Kept(NamedTuple):
    """What is listed of a piece of evidence; `at` is when it was signed, in Unix microseconds."""

    id: str
    subject: Subject
    challenge: str
    purpose: Purpose
    factor: Factor
    at: int


def is_kept(factor: Factor, purpose: Purpose) -> bool:
    return factor is Factor.SHIELD or (factor is Factor.PASSKEY and purpose in BY_AMOUNT)


def keep(
    connection: Connection,
    cipher: FieldCipher,
    party: RelyingParty,
    of_what: tuple[Subject, str, Factor],
    public_key: bytes,
    signed: Signed,
    now: int,
) -> str:
    """Keeps a signature; `of_what`: whose, the text that was signed, by what. Returns its id."""
    subject, text, factor = of_what
    mark = read_mark(text)
    assert mark is not None  # a text of ours
    document = Document(
        format=FORMAT,
        **mark._asdict(),
        text=text,
        text_sha256=challenge_of(text).hex(),
        rp_id=party.id,
        origin=signed.origin,
        public_key=base64url(public_key),
        authenticator_data=base64url(signed.authenticator_data),
        client_data_json=base64url(signed.client_data),
        signature=base64url(signed.signature),
    )
    id = new_id(EVIDENCE, now)
    row = {"id": id, "challenge": mark.challenge, "at": now} | SUBJECT.values(subject)
    row |= {"purpose": mark.purpose, "factor": factor, "document": DOCUMENT.seal(cipher, document.json(), id)}
    connection.execute(insert(evidence).values(row))
    return id


def listed(connection: Connection, subject: Subject | None = None, limit: int = 1000) -> list[Kept]:
    """The newest first; of one subject, or all."""
    e = evidence.c
    query = select(e.id, e.role, e.number, e.challenge, e.purpose, e.factor, e.at).order_by(e.id.desc()).limit(limit)
    if subject is not None:
        query = query.where(of(evidence, subject))
    rows = connection.execute(query)
    return [Kept(row.id, SUBJECT.of(row), row.challenge, row.purpose, Factor(row.factor), row.at) for row in rows]


def document(connection: Connection, cipher: FieldCipher, id: str) -> bytes | None:
    """The document as JSON; None if there is none of this id. Raises SealBroken."""
    sealed = connection.execute(select(evidence.c.document).where(evidence.c.id == id)).scalar()
    return None if sealed is None else DOCUMENT.open(cipher, sealed, id)
