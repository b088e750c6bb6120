"""A passkey in software, used as a browser with its holder before it would (Web Authentication). For play money."""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import bytes_to_base64url, encode_cbor

HERE_AND_VERIFIED, ATTESTED = 0x05, 0x40  # flags of authenticator data: UP and UV; AT
ID_BYTES, NAMELESS = 32, bytes(16)  # a model of authenticator that says nothing of itself


class SoftKey:
    """One key (ES256), of one origin. It lives as long as the process."""

    def __init__(self, origin: str) -> None:
        self._origin, self._id, self._count = origin, secrets.token_bytes(ID_BYTES), 0
        self._key = ec.generate_private_key(ec.SECP256R1())

    def create(self, options: dict[str, Any]) -> str:
        """Answers PublicKeyCredentialCreationOptions, as JSON."""
        numbers = self._key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        credential = len(self._id).to_bytes(2, "big") + self._id + encode_cbor(cose)
        data = self._data(options["rp"]["id"], HERE_AND_VERIFIED | ATTESTED) + NAMELESS + credential
        said = {"fmt": "none", "attStmt": {}, "authData": data}
        client = self._client("webauthn.create", options["challenge"])
        return self._response(clientDataJSON=client, attestationObject=encode_cbor(said))

    def get(self, options: dict[str, Any]) -> str:
        """Answers PublicKeyCredentialRequestOptions, as JSON."""
        client = self._client("webauthn.get", options["challenge"])
        self._count += 1
        data = self._data(options["rpId"], HERE_AND_VERIFIED)
        signature = self._key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._response(clientDataJSON=client, authenticatorData=data, signature=signature)

    def _client(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self._origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _data(self, rp_id: str, flags: int) -> bytes:
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + self._count.to_bytes(4, "big")

    def _response(self, **parts: bytes) -> str:
        id, response = bytes_to_base64url(self._id), {name: bytes_to_base64url(part) for name, part in parts.items()}
        said = {"id": id, "rawId": id, "type": "public-key", "response": response, "clientExtensionResults": {}}
        return json.dumps(said)
