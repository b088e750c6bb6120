"""Public keys as authenticators give them (COSE, RFC 9052 and 9053), and their signatures. Needs `cryptography` only.

Reads just what such a key may be: one CBOR map (RFC 8949) from integers to integers and byte strings, nothing after it.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

ES256, EDDSA, RS256 = -7, -8, -257
NAMES = {ES256: "ES256", EDDSA: "EdDSA", RS256: "RS256"}
_KEY_TYPE, _ALGORITHM, _CURVE, _X, _Y = 1, 3, -1, -2, -3
_N, _E = -1, -2
_OKP, _EC2, _RSA = 1, 2, 3
_P256, _ED25519 = 1, 6
_MAXIMUM_PAIRS = 16


class KeyUnreadable(ValueError):
    """Not a COSE key of a kind that is known. Says why."""


class PublicKey:
    """A key of ES256, EdDSA (Ed25519) or RS256. Raises KeyUnreadable."""

    def __init__(self, cose: bytes) -> None:
        values = _read_map(cose)
        kind = (values.get(_KEY_TYPE), values.get(_ALGORITHM))
        try:
            if kind == (_EC2, ES256) and values.get(_CURVE) == _P256:
                numbers = ec.EllipticCurvePublicNumbers(_number(values, _X), _number(values, _Y), ec.SECP256R1())
                self._key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey
                self._key = numbers.public_key()
            elif kind == (_OKP, EDDSA) and values.get(_CURVE) == _ED25519:
                self._key = ed25519.Ed25519PublicKey.from_public_bytes(_bytes(values, _X))
            elif kind == (_RSA, RS256):
                self._key = rsa.RSAPublicNumbers(_number(values, _E), _number(values, _N)).public_key()
            else:
                raise KeyUnreadable("a key of another algorithm than ES256, EdDSA and RS256")
        except ValueError as error:
            raise KeyUnreadable(str(error)) from None
        self.algorithm = NAMES[int(kind[1] or 0)]

    def signed(self, signature: bytes, data: bytes) -> bool:
        """Whether this key made the signature over the data."""
        try:
            if isinstance(self._key, ec.EllipticCurvePublicKey):
                self._key.verify(signature, data, ec.ECDSA(SHA256()))
            elif isinstance(self._key, rsa.RSAPublicKey):
                self._key.verify(signature, data, padding.PKCS1v15(), SHA256())
            else:
                self._key.verify(signature, data)
        except InvalidSignature:
            return False
        return True


Values = dict[int, int | bytes]


def _number(values: Values, label: int) -> int:
    return int.from_bytes(_bytes(values, label), "big")


def _bytes(values: Values, label: int) -> bytes:
    value = values.get(label)
    if not isinstance(value, bytes):
        raise KeyUnreadable(f"the key's parameter {label} is missing")
    return value


def _read_map(data: bytes) -> Values:
    major, pairs, at = _head(data, 0)
    if major != 5 or pairs > _MAXIMUM_PAIRS:
        raise KeyUnreadable("a COSE key is a small CBOR map")
    values: Values = {}
    for _ in range(pairs):
        label, at = _item(data, at)
        value, at = _item(data, at)
        if not isinstance(label, int) or label in values:
            raise KeyUnreadable("the labels of a COSE key are different integers")
        values[label] = value
    if at != len(data):
        raise KeyUnreadable("something stands after the key")
    return values


def _item(data: bytes, at: int) -> tuple[int | bytes, int]:
    major, argument, at = _head(data, at)
    if major == 0:
        return argument, at
    if major == 1:
        return -1 - argument, at
    if major == 2 and at + argument <= len(data):
        return data[at : at + argument], at + argument
    raise KeyUnreadable("a COSE key holds integers and byte strings")


def _head(data: bytes, at: int) -> tuple[int, int, int]:
    """Major type, argument, and where what follows begins."""
    if at >= len(data):
        raise KeyUnreadable("the key ends too early")
    major, short = data[at] >> 5, data[at] & 31
    if short < 24:
        return major, short, at + 1
    size = {24: 1, 25: 2, 26: 4, 27: 8}.get(short, 0)
    if not size or at + 1 + size > len(data):
        raise KeyUnreadable("the key is malformed")
    return major, int.from_bytes(data[at + 1 : at + 1 + size], "big"), at + 1 + size
