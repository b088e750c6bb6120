"""Hashes of passwords and PINs: Argon2id (RFC 9106) of a keyed hash, so that a stolen table alone cannot be guessed.

The key is the bank's data key; without it even a PIN of six digits cannot be tried out. All functions compute for long.
"""

from __future__ import annotations

import os
import sys
import threading
import unicodedata
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION
from argon2.profiles import CHEAPEST, RFC_9106_LOW_MEMORY

from feiqian.field_cipher import FieldCipher
from feiqian.strings.normal import comparison

T = TypeVar("T")
NICE = 10  # payments go first: one hash computes with four threads
PARAMETERS = {"strong": RFC_9106_LOW_MEMORY, "light": CHEAPEST}
LONGEST = 128  # characters that are hashed; more is never a match


class SecretHasher:
    """`argon2` may be another, with lighter parameters, in tests."""

    def __init__(self, cipher: FieldCipher, argon2: PasswordHasher | None = None) -> None:
        self._cipher = cipher
        self._argon2 = argon2 or PasswordHasher.from_parameters(PARAMETERS["strong"])
        self._dummy = _nobodys(self._argon2)

    def hash(self, text: str) -> str:
        """A hash to keep, of the comparison form. Raises ValueError beyond LONGEST."""
        if len(text) > LONGEST:
            raise ValueError("too long to be hashed")
        keyed = self._keyed(comparison(text))
        return _behind_others(lambda: self._argon2.hash(keyed))

    def matches(self, hash: str | None, text: str) -> bool:
        """Whether the text is what was hashed. None (there is nothing to match) takes as long, and is False.

        Of a text with characters that are not seen, the form that was hashed before is compared, too: how many times
        depends on the text alone, so that nobody learns what there is to match.
        """
        right = any([self._verify(hash or self._dummy, form) for form in _forms(text[:LONGEST])])  # noqa: C419
        return right and hash is not None and len(text) <= LONGEST

    def outdated(self, hash: str, text: str = "") -> bool:
        """Whether a hash that `text` matches was made with other parameters, or of another form, than now."""
        return self._argon2.check_needs_rehash(hash) or (
            len(_forms(text)) > 1 and not self._verify(hash, comparison(text))
        )

    def _verify(self, hash: str, form: str) -> bool:
        keyed = self._keyed(form)
        try:
            return _behind_others(lambda: self._argon2.verify(hash, keyed))
        except (VerificationError, InvalidHashError):
            return False

    def _keyed(self, form: str) -> str:
        return self._cipher.blind_index(form, "secret").hex()


def hasher_of(cipher: FieldCipher, hashing: Literal["strong", "light"]) -> SecretHasher:
    """As the bank's settings say. Hashes that were made with the other parameters go on to be matched."""
    return SecretHasher(cipher, PasswordHasher.from_parameters(PARAMETERS[hashing]))


def _nobodys(argon2: PasswordHasher) -> str:
    """The hash of no text that anybody knows: trying one takes as long as for any other, making it takes no time."""
    salt, tag = (b64encode(os.urandom(count)).rstrip(b"=").decode() for count in (argon2.salt_len, argon2.hash_len))
    costs = f"m={argon2.memory_cost},t={argon2.time_cost},p={argon2.parallelism}"
    return f"$argon2id$v={ARGON2_VERSION}${costs}${salt}${tag}"


def _behind_others(compute: Callable[[], T]) -> T:
    """Computes in a thread of its own, to which the machine gives what others leave, with the threads that it starts.

    Nothing else is done in it: who waits for a processor while it holds Python's lock would hold up everybody.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="hash", initializer=_go_behind) as pool:
        return pool.submit(compute).result()


def _go_behind() -> None:
    if sys.platform == "linux":  # elsewhere only whole processes have a priority
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), os.getpriority(os.PRIO_PROCESS, 0) + NICE)


def _forms(text: str) -> tuple[str, ...]:
    """The form that is hashed, and if it is another the one that versions before hashed: NFKC alone."""
    now, before = comparison(text), unicodedata.normalize("NFKC", text)
    return (now,) if now == before else (now, before)
