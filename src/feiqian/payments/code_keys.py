"""The keys of payment codes: up to ten versions, of which one issues. Kept in a file that only its owner may read.

A version that no longer issues is accepted for as long as its codes could still be on phones, then refused; the moment
is in the file, so that a restart, or another process, refuses it no later. Each version says which format its codes
have: a file of the first format is upgraded when it is opened, to a fresh key of today's.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from feiqian.clock import MICROSECONDS, Clock, SystemClock
from feiqian.errors import FeiqianError
from feiqian.folder import FILE_MODE, make_file, make_folder
from feiqian.payments.permutation import SECRET_BYTES

VERSIONS = 10
MASKED, PERMUTED = 1, 2  # the formats of codes: customer's number behind a mask, or a permutation of all 17 digits
CLOCKS_DIFFER_SECONDS = 60  # at most, of processes that work on one file
ACCEPTED_SECONDS = 60  # after a version has stopped issuing: as long as a code holds


class KeysInvalid(FeiqianError):
    """The key file cannot be used. Says why; never what is in it."""


class Version(NamedTuple):
    """One key. It is refused from `until` (Unix seconds) on; None: no end is set."""

    secret: bytes
    format: int = PERMUTED
    until: int | None = None


class KeyRing:
    """The versions in memory. `generation` changes whenever they do."""

    def __init__(self, issuing: int, keys: Mapping[int, bytes | Version]) -> None:
        versions = {v: key if isinstance(key, Version) else Version(key) for v, key in keys.items()}
        if issuing not in versions:
            raise KeysInvalid("the issuing version has no key")
        if any(not 0 <= v < VERSIONS or len(key.secret) != SECRET_BYTES for v, key in versions.items()):
            raise KeysInvalid(f"versions are 0 to {VERSIONS - 1}, and keys have {SECRET_BYTES} bytes")
        if any(key.format not in (MASKED, PERMUTED) for key in versions.values()):
            raise KeysInvalid("a key is for codes of a format that this version of Feiqian does not know")
        if versions[issuing].format != PERMUTED or versions[issuing].until is not None:
            raise KeysInvalid("the issuing key must be of today's format and have no end")
        self.issuing, self._versions, self.generation = issuing, versions, 0

    @classmethod
    def new(cls) -> KeyRing:
        """A ring with one fresh key."""
        return cls(0, {0: secrets.token_bytes(SECRET_BYTES)})

    def versions(self) -> dict[int, Version]:
        """All versions, those that have ended since among them."""
        return dict(self._versions)

    def ended(self, now_seconds: int) -> list[int]:
        """The versions that are refused by now."""
        return [v for v, key in self._versions.items() if key.until is not None and now_seconds >= key.until]

    def hold_to(self, now_seconds: int) -> bool:
        """Ends what would be accepted for longer than any rotation says: a clock was ahead then. Whether any was."""
        latest = now_seconds + ACCEPTED_SECONDS
        beyond = latest + CLOCKS_DIFFER_SECONDS
        far = {v: key for v, key in self._versions.items() if key.until is not None and key.until > beyond}
        if far:
            self._versions = self._versions | {v: key._replace(until=latest) for v, key in far.items()}
            self.generation += 1
        return bool(far)

    def secrets(self) -> dict[int, bytes]:
        """The secret of each version."""
        return {v: key.secret for v, key in self._versions.items()}

    def rotate(self, now_seconds: int) -> int:
        """A fresh key issues from now on; the one that issued is accepted for another ACCEPTED_SECONDS, and all older
        ones are retired at once. Returns the version that issues."""
        before, version = self.issuing, (self.issuing + 1) % VERSIONS
        ended = self._versions[before]._replace(until=now_seconds + ACCEPTED_SECONDS)
        self._versions = {before: ended, version: Version(secrets.token_bytes(SECRET_BYTES))}
        self.issuing = version
        self.generation += 1
        return version

    def replace(self, now_seconds: int) -> int:
        """As `rotate`, but every version there was is refused at once."""
        before = self.issuing
        version = self.rotate(now_seconds)
        self.retire(before)
        return version

    def retire(self, version: int) -> None:
        """The version is refused from now on. Raises KeysInvalid for the one that issues."""
        if version == self.issuing:
            raise KeysInvalid("the issuing key cannot be retired: rotate first")
        self._versions = {v: key for v, key in self._versions.items() if v != version}
        self.generation += 1

    def take(self, other: KeyRing) -> None:
        """Becomes what another ring is, as after another process has rotated the keys."""
        if (self.issuing, self._versions) != (other.issuing, other._versions):
            self.issuing, self._versions = other.issuing, other._versions
            self.generation += 1


class KeyFile:
    """The file that a ring is kept in, with mode 0600. Several processes may use it at the same time."""

    def __init__(self, path: Path, clock: Clock | None = None) -> None:
        self._path, self._clock = path, clock or SystemClock()

    def open(self) -> KeyRing:
        """The ring in the file, which is made if there is none and upgraded if it is of the first format. Keys that
        have ended leave it. Raises KeysInvalid for damage or open permissions."""
        stored = self._stored()
        if isinstance(stored, _Stored):
            ring, now = _ring(stored), self._now()
            if not ring.ended(now) and not ring.hold_to(now):
                return ring
        with self._locked():
            return self._brought_up_to_date()

    @contextmanager
    def changing(self) -> Iterator[KeyRing]:
        """The ring, saved at the end as the caller has changed it; no other process changes it in between."""
        with self._locked():
            ring = self._brought_up_to_date()
            yield ring
            self.save(ring)

    def replace(self) -> None:
        """A fresh key issues, and every code that there was is refused at once."""
        with self.changing() as ring:
            ring.replace(self._now())

    def save(self, ring: KeyRing) -> None:
        """Replaces the file whole, so that a crash leaves the old one or the new one."""
        keys = {str(v): _StoredKey(key.secret.hex(), key.format, key.until) for v, key in ring.versions().items()}
        make_folder(self._path.parent)
        descriptor, name = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(descriptor, FILE_MODE)  # whatever the umask is
                file.write(msgspec.json.encode(_Stored(FILE_FORMAT, ring.issuing, keys)))
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, self._path)
        except BaseException:
            os.unlink(name)
            raise

    def modified(self) -> int:
        """When the file was last replaced (ns), to see whether another process has rotated the keys."""
        return self._path.stat().st_mtime_ns

    def _now(self) -> int:
        return self._clock.now() // MICROSECONDS

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One process, or thread, at a time. A file beside is locked: the file itself is replaced, and the folder's own
        lock is held by a server for as long as it runs."""
        make_folder(self._path.parent)
        beside = self._path.with_name(self._path.name + ".lock")
        make_file(beside)
        descriptor = os.open(beside, os.O_RDWR)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _brought_up_to_date(self) -> KeyRing:
        """As `open`, with the lock held."""
        stored, now = self._stored(), self._now()
        if isinstance(stored, _Stored):
            ring = _ring(stored)
        else:
            ring = KeyRing.new() if stored is None else _upgraded(stored, now)
        ended = ring.ended(now)
        for version in ended:
            ring.retire(version)
        if ring.hold_to(now) or ended or not isinstance(stored, _Stored):
            self.save(ring)
        return ring

    def _stored(self) -> _Stored | _StoredBefore | None:
        """What is in the file; None if there is none."""
        try:
            mode, content = self._path.stat().st_mode, self._path.read_bytes()
        except FileNotFoundError:
            return None
        if mode & 0o077:
            raise KeysInvalid(f"{self._path} may be read by others: chmod 600 it, then rotate the keys")
        try:
            format = msgspec.json.decode(content, type=_Format).format
            if format > FILE_FORMAT:
                raise KeysInvalid(f"{self._path} was written by a later version of Feiqian")
            if format == 1:
                return msgspec.json.decode(content, type=_StoredBefore)
            return msgspec.json.decode(content, type=_Stored)
        except ValueError as error:  # msgspec's errors are ValueErrors, too; none of them quotes a key
            raise KeysInvalid(f"{self._path} is not a key file") from error


# --- what is in the file ---------------------------------------------------------------------------------------------

FILE_FORMAT = 2


class _Format(msgspec.Struct):
    format: int = 1  # which did not say so


class _StoredKey(msgspec.Struct, forbid_unknown_fields=True):
    secret: str  # in hex
    format: int
    until: int | None


class _Stored(msgspec.Struct, forbid_unknown_fields=True):
    format: int
    issuing: int
    keys: dict[str, _StoredKey]  # by version


class _StoredBefore(msgspec.Struct, forbid_unknown_fields=True):
    """The first format. All its keys are for masked codes."""

    issuing: int
    keys: dict[str, str]  # version -> secret in hex


def _ring(stored: _Stored) -> KeyRing:
    """Raises KeysInvalid."""
    return KeyRing(
        stored.issuing,
        {_version(v): Version(_secret(key.secret), key.format, key.until) for v, key in stored.keys.items()},
    )


def _upgraded(stored: _StoredBefore, now_seconds: int) -> KeyRing:
    """A fresh key issues; what was in the file is accepted as long as its codes hold. Raises KeysInvalid."""
    until = now_seconds + ACCEPTED_SECONDS
    keys = {_version(v): Version(_secret(text), MASKED, until) for v, text in stored.keys.items()}
    if stored.issuing not in keys:
        raise KeysInvalid("the issuing version has no key")
    after = [(stored.issuing + step) % VERSIONS for step in range(1, VERSIONS)]
    fresh = next((v for v in after if v not in keys), after[0])  # where all ten are used, the oldest makes room
    return KeyRing(fresh, {**keys, fresh: Version(secrets.token_bytes(SECRET_BYTES))})


def _version(text: str) -> int:
    if len(text) != 1 or text not in "0123456789":
        raise KeysInvalid(f"versions are 0 to {VERSIONS - 1}")
    return int(text)


def _secret(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise KeysInvalid("a key is not in hex") from None  # without the text
