"""Payment codes for benchmarks: of all customers, each once, and each with 20 s left to be paid with."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping

from feiqian.payments.code_keys import KeyRing
from feiqian.payments.codes import SLOT_SECONDS, CodeIssuer

OLDEST_SLOTS = 2


def fresh_codes(customers: int, keys: Mapping[int, bytes]) -> Iterator[str]:
    """Without end, and no code twice. Issuing devices have the numbers of their customers, as after a seed.

    Ten versions of the key and four slots give a customer forty codes at a time, which customers never need.
    """
    issuers = {version: CodeIssuer(KeyRing(version, keys)) for version in keys}
    chance, used = random.Random(customers), set[tuple[int, int]]()
    while True:
        now = _slot()
        pairs = ((slot, version) for slot in range(now + 1, now - OLDEST_SLOTS - 1, -1) for version in issuers)
        free = next((pair for pair in pairs if pair not in used), None)
        if free is None:
            time.sleep(0.1)  # all are used: until the next slot
            continue
        used.add(free)
        slot, version = free
        for device in chance.sample(range(1, customers + 1), customers):
            if slot < _slot() - OLDEST_SLOTS:
                break
            yield issuers[version].issue(device, slot * SLOT_SECONDS).digits


def _slot() -> int:
    return int(time.time()) // SLOT_SECONDS
