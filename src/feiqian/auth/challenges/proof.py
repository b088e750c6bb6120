"""Evidence that stands by itself: a text, the key that signed it, and the signature, as one JSON document.

`check` needs neither the server nor its database, only `cryptography` and this document; it says what it checked. Every
field is held by the signature: the last line of the text names challenge, purpose, subject and time, its SHA-256 is the
challenge in the client data, and authenticator data and client data are what was signed (Web Authentication, 7.2).
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any, NamedTuple

import msgspec

from feiqian.auth.challenges.cose import KeyUnreadable, PublicKey
from feiqian.auth.challenges.marks import read_mark
from feiqian.strings.hosts import host_of, is_android, is_within

FORMAT = "feiqian-evidence-1"
USER_PRESENT, USER_VERIFIED = 0x01, 0x04
_FLAGS_AT, _SHORTEST_AUTHENTICATOR_DATA = 32, 37


class Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The evidence. Bytes are base64url without padding; `at` is when the challenge was begun (ISO 8601, UTC).

    The signature came while the challenge lasted, at most five minutes later. `subject` is the bank's name for the one
    who was asked, or "unnamed" where that would have told a stranger whether somebody is known.
    """

    format: str
    challenge: str
    subject: str
    purpose: str
    at: str
    text: str
    text_sha256: str
    rp_id: str
    origin: str
    public_key: str
    authenticator_data: str
    client_data_json: str
    signature: str

    def json(self) -> bytes:
        return msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n"


class DocumentInvalid(ValueError):
    """Not a document of evidence of this version. Says why."""


class Checked(NamedTuple):
    """Each check by what it says, and whether it held; and the key's algorithm and fingerprint (SHA-256)."""

    checks: tuple[tuple[str, bool], ...]
    document: Document
    algorithm: str
    fingerprint: str

    @property
    def good(self) -> bool:
        return all(held for _, held in self.checks)


def read(data: bytes) -> Document:
    """Raises DocumentInvalid."""
    try:
        if len(json.loads(data, object_pairs_hook=list)) != len(Document.__struct_fields__):
            raise DocumentInvalid("a field is missing, unknown, or there twice")
        document = msgspec.json.decode(data, type=Document)
    except (msgspec.DecodeError, ValueError, TypeError, RecursionError) as error:
        raise DocumentInvalid(f"not a document of evidence: {error}") from None
    if document.format != FORMAT:
        raise DocumentInvalid(f"evidence of another format than {FORMAT}")
    return document


def check(data: bytes) -> Checked:
    """Checks a document. Raises DocumentInvalid where there is nothing that could be checked."""
    document = read(data)
    key_bytes, authenticator_data = _bytes(document.public_key), _bytes(document.authenticator_data)
    client_data, signature = _bytes(document.client_data_json), _bytes(document.signature)
    if len(authenticator_data) < _SHORTEST_AUTHENTICATOR_DATA:
        raise DocumentInvalid("the authenticator data is too short")
    try:
        key = PublicKey(key_bytes)
    except KeyUnreadable as error:
        raise DocumentInvalid(f"the public key cannot be read: {error}") from None
    signed = authenticator_data + hashlib.sha256(client_data).digest()
    checks = [
        *_of_text(document),
        *_of_client_data(document, client_data),
        *_of_authenticator(document, authenticator_data),
        ("the key signed authenticatorData ‖ SHA-256(clientDataJSON)", key.signed(signature, signed)),
    ]
    return Checked(tuple(checks), document, key.algorithm, hashlib.sha256(key_bytes).hexdigest())


def _of_text(document: Document) -> list[tuple[str, bool]]:
    hashed = hashlib.sha256(document.text.encode(errors="surrogatepass")).hexdigest()
    mark = read_mark(document.text)
    named = (document.challenge, document.purpose, document.subject, document.at)
    return [
        ("text_sha256 is the SHA-256 of the text", document.text_sha256 == hashed),
        ("the text's last line names this challenge, purpose, subject and time", mark == named),
    ]


def _of_client_data(document: Document, client_data: bytes) -> list[tuple[str, bool]]:
    said = _object(client_data)
    ours = is_within(host_of(document.origin), document.rp_id) or is_android(document.origin)
    hashed = _text(hashlib.sha256(document.text.encode(errors="surrogatepass")).digest())
    return [
        ("the challenge in clientDataJSON is the SHA-256 of the text", said.get("challenge") == hashed),
        ("clientDataJSON is of type webauthn.get", said.get("type") == "webauthn.get"),
        ("clientDataJSON names this origin, which is ours", said.get("origin") == document.origin and ours),
    ]


def _of_authenticator(document: Document, data: bytes) -> list[tuple[str, bool]]:
    flags = data[_FLAGS_AT]
    return [
        ("rpIdHash is the SHA-256 of the rp_id", data[:32] == hashlib.sha256(document.rp_id.encode()).digest()),
        ("the user was present (UP)", bool(flags & USER_PRESENT)),
        ("the user was verified (UV)", bool(flags & USER_VERIFIED)),
    ]


def _object(data: bytes) -> dict[str, Any]:
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    """Only the one spelling that base64url has for these bytes."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise DocumentInvalid("a field is not base64url") from None
    if _text(data) != text:
        raise DocumentInvalid("a field is not base64url")
    return data
