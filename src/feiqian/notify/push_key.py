"""The key that push messages are signed with (VAPID, RFC 8292): P-256, in a file that only its owner may read.

Browsers that subscribed know its public half: after a lost key each subscribes again when its wallet is opened.
"""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from py_vapid import Vapid  # type: ignore[import-untyped]

from feiqian.errors import FeiqianError
from feiqian.folder import FILE_MODE


class PushKeyInvalid(FeiqianError):
    """The file with the key cannot be used. Says why; never what is in it."""


def open_push_key(path: Path) -> Vapid:
    """The key in this file, made if there is none. Raises PushKeyInvalid."""
    if not path.exists():
        _make(path)
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise PushKeyInvalid(f"cannot read the push key {path}: {error.strerror}") from None
    except (ValueError, TypeError):
        raise PushKeyInvalid(f"{path} is not a private key in PEM") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise PushKeyInvalid(f"{path} is not a key of the curve P-256")
    return Vapid(key)


def _make(path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, FILE_MODE)  # whatever the umask is
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
