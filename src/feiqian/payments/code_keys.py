"""The keys of payment codes: up to ten versions, of which one issues. Kept in a file that only its owner may read.

A version that no longer issues is still accepted until it is retired, so that codes on phones outlive a rotation.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

import msgspec

from feiqian.folder import FILE_MODE, make_folder

SECRET_BYTES = 32
VERSIONS = 10


class KeysInvalid(Exception):
    """The key file cannot be used. Says why; never what is in it."""


class _Stored(msgspec.Struct, forbid_unknown_fields=True):
    issuing: int
    keys: dict[str, str]  # version -> secret in hex


class KeyRing:
    """The versions in memory. `generation` changes whenever they do."""

    def __init__(self, issuing: int, keys: dict[int, bytes]) -> None:
        if issuing not in keys:
            raise KeysInvalid("the issuing version has no key")
        if any(not 0 <= v < VERSIONS or len(key) != SECRET_BYTES for v, key in keys.items()):
            raise KeysInvalid(f"versions are 0 to {VERSIONS - 1}, and keys have {SECRET_BYTES} bytes")
        self.issuing, self._keys, self.generation = issuing, keys, 0

    @classmethod
    def new(cls) -> KeyRing:
        """A ring with one fresh key."""
        return cls(0, {0: secrets.token_bytes(SECRET_BYTES)})

    def secrets(self) -> dict[int, bytes]:
        """All versions that are accepted."""
        return dict(self._keys)

    def rotate(self) -> int:
        """A fresh key issues from now on; the one that issued is still accepted, all older ones are retired."""
        before, version = self.issuing, (self.issuing + 1) % VERSIONS
        self._keys = {before: self._keys[before], version: secrets.token_bytes(SECRET_BYTES)}
        self.issuing = version
        self.generation += 1
        return version

    def retire(self, version: int) -> None:
        """The version is refused from now on. Raises KeysInvalid for the one that issues."""
        if version == self.issuing:
            raise KeysInvalid("the issuing key cannot be retired: rotate first")
        self._keys = {v: key for v, key in self._keys.items() if v != version}
        self.generation += 1

    def take(self, other: KeyRing) -> None:
        """Becomes what another ring is, as after another process has rotated the keys."""
        if (self.issuing, self._keys) != (other.issuing, other._keys):
            self.issuing, self._keys = other.issuing, other._keys
            self.generation += 1


class KeyFile:
    """The file that a ring is kept in, with mode 0600."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def open(self) -> KeyRing:
        """The ring in the file, which is made if there is none. Raises KeysInvalid for damage or open permissions."""
        if not self._path.exists():
            ring = KeyRing.new()
            self.save(ring)
            return ring
        if self._path.stat().st_mode & 0o077:
            raise KeysInvalid(f"{self._path} may be read by others: chmod 600 it, then rotate the keys")
        try:
            stored = msgspec.json.decode(self._path.read_bytes(), type=_Stored)
            return KeyRing(stored.issuing, {int(v): bytes.fromhex(key) for v, key in stored.keys.items()})
        except ValueError as error:  # msgspec's errors are ValueErrors, too; none of them quotes a key
            raise KeysInvalid(f"{self._path} is not a key file") from error

    def save(self, ring: KeyRing) -> None:
        """Replaces the file whole, so that a crash leaves the old one or the new one."""
        stored = _Stored(ring.issuing, {str(v): key.hex() for v, key in ring.secrets().items()})
        make_folder(self._path.parent)
        descriptor, name = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(descriptor, FILE_MODE)  # whatever the umask is
                file.write(msgspec.json.encode(stored))
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, self._path)
        except BaseException:
            os.unlink(name)
            raise

    def modified(self) -> int:
        """When the file was last replaced (ns), to see whether another process has rotated the keys."""
        return self._path.stat().st_mtime_ns
