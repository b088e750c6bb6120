"""Hashes are computed by threads that the machine lets wait for all others."""

from __future__ import annotations

import os
import threading
from typing import Any

from argon2 import PasswordHasher

from feiqian.auth.challenges.hashing import NICE, SecretHasher
from feiqian.field_cipher import KEY_BYTES, FieldCipher


class Watched(PasswordHasher):
    """Says with which priority it computes."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.seen: list[int] = []

    def _look(self) -> None:
        self.seen.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    def hash(self, *args: Any, **kwargs: Any) -> str:
        self._look()
        return super().hash(*args, **kwargs)

    def verify(self, *args: Any, **kwargs: Any) -> Any:
        self._look()
        return super().verify(*args, **kwargs)


def test_abuse_72_a_hash_computes_behind_the_event_loop_and_nothing_else_does() -> None:
    before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    argon2 = Watched()
    hasher = SecretHasher(FieldCipher(bytes(KEY_BYTES)), argon2)
    argon2.seen.clear()
    kept = hasher.hash("a password")
    assert hasher.matches(kept, "a password")
    assert not hasher.matches(kept, "another")
    assert not hasher.matches(None, "a password")
    assert argon2.seen == [min(19, before + NICE)] * 4
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before
