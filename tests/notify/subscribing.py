"""A browser that push messages are for: its subscription with the private key, and what it opens with it."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import http_ece
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Subscribed:
    """`endpoint` is where its push service takes messages."""

    endpoint: str = "https://push.example/1"
    _key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    _auth: bytes = field(default_factory=lambda: secrets.token_bytes(16))

    def subscription(self, endpoint: str = "") -> str:
        """As the browser's own JSON says it."""
        form = (serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        keys = {"p256dh": b64(self._key.public_key().public_bytes(*form)), "auth": b64(self._auth)}
        return json.dumps({"endpoint": endpoint or self.endpoint, "expirationTime": None, "keys": keys})

    def open(self, body: bytes) -> Any:
        """What was pushed."""
        opened = http_ece.decrypt(body, private_key=self._key, auth_secret=self._auth, version="aes128gcm")
        return json.loads(opened)
