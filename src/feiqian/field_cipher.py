"""Encryption at rest: what is sealed can be read, and what is blinded compared, only with the bank's data key.

AES-256-GCM (NIST SP 800-38D) with a fresh 96-bit nonce for each sealing, the context as associated data, so that a
sealed value cannot be moved to another row or column; BLAKE2b, keyed, for looking values up without storing them. Both
keys are derived from one, kept in a file that only its owner may read.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from feiqian.errors import FeiqianError
from feiqian.folder import FILE_MODE, make_folder

KEY_BYTES, NONCE_BYTES, BLIND_BYTES = 32, 12, 16
VERSION = b"\x01"


class SealBroken(FeiqianError):
    """A sealed value was changed, moved, or sealed with another key."""


class DataKeyInvalid(FeiqianError):
    """The file with the data key cannot be used. Says why; never what is in it."""


class FieldCipher:
    """Seals, opens and blinds with one data key of 32 bytes. `context` names the place: a table, column and row."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise DataKeyInvalid(f"a data key has {KEY_BYTES} bytes")
        self._aead = AESGCM(hashlib.blake2b(key=key, person=b"fq-seal", digest_size=32).digest())
        self._blind = hashlib.blake2b(key=key, person=b"fq-blind", digest_size=BLIND_BYTES)

    def seal(self, plain: bytes, context: str) -> bytes:
        """Version, nonce and ciphertext: 29 bytes longer than what is sealed."""
        nonce = os.urandom(NONCE_BYTES)
        return VERSION + nonce + self._aead.encrypt(nonce, plain, context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """Raises SealBroken."""
        begin = len(VERSION) + NONCE_BYTES
        if not sealed.startswith(VERSION):
            raise SealBroken(f"a sealed value of {context} is not of a version that is known")
        try:
            return self._aead.decrypt(sealed[len(VERSION) : begin], sealed[begin:], context.encode())
        except (InvalidTag, ValueError):  # also what is too short to have a nonce
            raise SealBroken(f"a sealed value of {context} is damaged or of another key") from None

    def blind_index(self, value: str, context: str) -> bytes:
        """The same 16 bytes for the same value in the same context (here a kind of value: "mobile"), always."""
        keyed = self._blind.copy()
        keyed.update(len(context).to_bytes(4, "big") + context.encode() + value.encode())
        return keyed.digest()


def open_data_key(path: Path, *, create: bool) -> FieldCipher:
    """The cipher of a data folder. Raises DataKeyInvalid; `create` makes a key where there is none, for a new bank."""
    if create and not path.exists():
        make_folder(path.parent)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
        with os.fdopen(descriptor, "w") as file:
            os.fchmod(descriptor, FILE_MODE)  # whatever the umask is
            file.write(secrets.token_hex(KEY_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
    try:
        return FieldCipher(bytes.fromhex(path.read_text().strip()))
    except OSError as error:
        raise DataKeyInvalid(f"cannot read the data key {path}: {error.strerror}") from None
    except ValueError:
        raise DataKeyInvalid(f"{path} is not {KEY_BYTES} bytes in hex") from None
