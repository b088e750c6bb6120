"""An authenticator in software: makes keys and signs as a browser with a security key would (Web Authentication)."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import bytes_to_base64url, encode_cbor

UP, UV, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Authenticator:
    """One key. `algorithm` is ES256, EdDSA or RS256; `flags` what it says of its holder; `step` how it counts."""

    origin: str = "http://localhost:8080"
    algorithm: str = "ES256"
    flags: int = UP | UV
    step: int = 1
    count: int = 0
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def __post_init__(self) -> None:
        self._key: Any = {
            "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
            "EdDSA": ed25519.Ed25519PrivateKey.generate,
            "RS256": lambda: rsa.generate_private_key(65537, 2048),
        }[self.algorithm]()

    def create(self, options: dict[str, Any]) -> str:
        """Answers PublicKeyCredentialCreationOptions."""
        client = self._client_data("webauthn.create", options["challenge"])
        credential = len(self.id).to_bytes(2, "big") + self.id + encode_cbor(self.cose())
        data = self._data(options["rp"]["id"], self.flags | ATTESTED) + bytes(16) + credential
        said = {"fmt": "none", "attStmt": {}, "authData": data}
        return self._response({"clientDataJSON": client, "attestationObject": encode_cbor(said)})

    def get(self, options: dict[str, Any], **changes: Any) -> str:
        """Answers PublicKeyCredentialRequestOptions; `changes` go into the client data."""
        client = self._client_data("webauthn.get", options["challenge"], **changes)
        self.count += self.step
        data = self._data(options["rpId"], self.flags)
        signed = data + hashlib.sha256(client).digest()
        return self._response({"clientDataJSON": client, "authenticatorData": data, "signature": self.sign(signed)})

    def sign(self, data: bytes) -> bytes:
        arguments = {
            "ES256": (ec.ECDSA(SHA256()),),
            "EdDSA": (),
            "RS256": (padding.PKCS1v15(), SHA256()),
        }[self.algorithm]
        return bytes(self._key.sign(data, *arguments))

    def cose(self) -> dict[int, Any]:
        public = self._key.public_key()
        if self.algorithm == "ES256":
            numbers = public.public_numbers()
            return {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        if self.algorithm == "EdDSA":
            return {1: 1, 3: -8, -1: 6, -2: public.public_bytes_raw()}
        numbers = public.public_numbers()
        return {1: 3, 3: -257, -1: numbers.n.to_bytes(256, "big"), -2: numbers.e.to_bytes(3, "big")}

    def _client_data(self, kind: str, challenge: str, **changes: Any) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said | changes).encode()

    def _data(self, rp_id: str, flags: int) -> bytes:
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _response(self, parts: dict[str, bytes]) -> str:
        id = bytes_to_base64url(self.id)
        response: dict[str, Any] = {name: bytes_to_base64url(value) for name, value in parts.items()}
        said = {"id": id, "rawId": id, "type": "public-key", "response": response, "clientExtensionResults": {}}
        return json.dumps(said)
