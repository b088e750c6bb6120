"""Passkeys and shields: what browsers are asked for (Web Authentication Level 3), and whether their answers hold.

Both must verify their holder (finger, face or the key's PIN), and are discoverable, so that a stranger need not be told
which there are. A shield is a roaming key. Attestation is not asked for. Nothing here knows the database.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import parse_authentication_credential_json, parse_client_data_json
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorAttachment,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from feiqian.policy.factors import Factor
from feiqian.strings.hosts import host_of

NAME = "Feiqian"
LONGEST_RESPONSE = 16_384  # characters of JSON
ALGORITHMS = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
_INVALID = (WebAuthnException, UnsupportedAlgorithm, ValueError, TypeError, KeyError, AttributeError, RecursionError)


class Credential(NamedTuple):
    """A public key that was enrolled; `public_key` in COSE form."""

    id: bytes
    public_key: bytes
    sign_count: int
    user_verified: bool
    transports: tuple[str, ...]


class Signed(NamedTuple):
    """An answer that holds: what was signed, by which credential."""

    credential: bytes
    origin: str
    sign_count: int
    authenticator_data: bytes
    client_data: bytes
    signature: bytes


class RelyingParty:
    """We, as browsers see us. `origin` is that of the pages; its host names us. `apps` are those of the bank's apps."""

    def __init__(self, origin: str, apps: Sequence[str] = ()) -> None:
        self.origins, self.id = [origin, *apps], host_of(origin) or "localhost"

    def creation(
        self, factor: Factor, handle: bytes, names: tuple[str, str], challenge: bytes, known: Sequence[bytes]
    ) -> dict[str, Any]:
        """PublicKeyCredentialCreationOptions as JSON. `names`: account and person; `known` are excluded."""
        shield = factor is Factor.SHIELD
        options = generate_registration_options(
            rp_id=self.id,
            rp_name=NAME,
            user_id=handle,
            user_name=names[0],
            user_display_name=names[1],
            challenge=challenge,
            supported_pub_key_algs=ALGORITHMS,
            exclude_credentials=[PublicKeyCredentialDescriptor(id=credential) for credential in known],
            authenticator_selection=AuthenticatorSelectionCriteria(
                authenticator_attachment=AuthenticatorAttachment.CROSS_PLATFORM if shield else None,
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
        )
        return _json(options)

    def created(self, response: str, challenge: bytes) -> Credential | None:
        """The new credential; None if the response is not one, is not for us, or its holder was not verified."""
        try:
            answered = _read(response)
            verified = verify_registration_response(
                credential=answered,
                expected_challenge=challenge,
                expected_rp_id=self.id,
                expected_origin=self.origins,
                require_user_verification=True,
                supported_pub_key_algs=ALGORITHMS,
            )
            transports = _transports(answered["response"].get("transports", []))
        except _INVALID:
            return None
        return Credential(
            verified.credential_id,
            verified.credential_public_key,
            verified.sign_count,
            verified.user_verified,
            transports,
        )

    def request(self, text: str, credentials: Sequence[tuple[bytes, tuple[str, ...]]]) -> dict[str, Any]:
        """PublicKeyCredentialRequestOptions as JSON: sign SHA-256 of the text. No credentials: whichever there is."""
        allowed = [
            PublicKeyCredentialDescriptor(id=id, transports=[AuthenticatorTransport(t) for t in transports])
            for id, transports in credentials
        ]
        options = generate_authentication_options(
            rp_id=self.id,
            challenge=challenge_of(text),
            allow_credentials=allowed,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return _json(options)

    def signed(self, credential: AuthenticationCredential, text: str, public_key: bytes) -> Signed | None:
        """What was signed, if it is the text, for us, with this key, by its verified holder; else None.

        The count of signatures is not looked at: the one who stores it compares it.
        """
        try:
            verified = verify_authentication_response(
                credential=credential,
                expected_challenge=challenge_of(text),
                expected_rp_id=self.id,
                expected_origin=self.origins,
                credential_public_key=public_key,
                credential_current_sign_count=0,
                require_user_verification=True,
            )
        except _INVALID:
            return None
        said = credential.response
        return Signed(
            verified.credential_id,
            parse_client_data_json(said.client_data_json).origin,
            verified.new_sign_count,
            said.authenticator_data,
            said.client_data_json,
            said.signature,
        )


def challenge_of(text: str) -> bytes:
    """SHA-256 of the UTF-8 bytes."""
    return hashlib.sha256(text.encode()).digest()


def read_response(response: str) -> AuthenticationCredential | None:
    """What a browser answered to a request; None if it cannot be one."""
    try:
        return parse_authentication_credential_json(_read(response))
    except _INVALID:
        return None


def _read(response: str) -> dict[str, Any]:
    if len(response) > LONGEST_RESPONSE:
        raise ValueError("too long")
    answered = json.loads(response)
    if not isinstance(answered, dict):
        raise TypeError("no object")
    return answered


def _transports(said: object) -> tuple[str, ...]:
    known = {transport.value for transport in AuthenticatorTransport}
    return tuple(sorted(known & set(said))) if isinstance(said, list) else ()


def _json(options: Any) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(options_to_json(options))
    return parsed
