"""Public ids: ordered in time, unguessable, and of one shape."""

from __future__ import annotations

import os
import uuid

import pytest

from feiqian import ids
from feiqian.ids import CUSTOMER, PAYMENT, is_id, new_id

NOW = 1_800_000_000_123_456


def test_an_id_is_a_prefix_and_a_uuid_of_version_7() -> None:
    prefixes = [text for text in vars(ids).values() if isinstance(text, str) and len(text) == 4 and text[3] == "_"]
    assert len(prefixes) == len(set(prefixes)) > 10
    for prefix in prefixes:
        id = new_id(prefix, NOW)
        assert is_id(prefix, id)
        number = uuid.UUID(id[4:])
        assert (number.version, number.variant) == (7, uuid.RFC_4122)
        assert number.int >> 80 == NOW // 1000


def test_ids_are_ordered_by_the_millisecond_and_never_repeat() -> None:
    drawn = [new_id(PAYMENT, NOW + 1000 * n) for n in range(2_000)]
    assert drawn == sorted(drawn)
    assert len({new_id(PAYMENT, NOW) for _ in range(20_000)}) == 20_000


def test_all_74_bits_are_random() -> None:
    numbers = [int(new_id(PAYMENT, NOW)[4:], 16) for _ in range(2_000)]
    varying = [bit for bit in range(80) if 800 < sum(number >> bit & 1 for number in numbers) < 1_200]
    assert len(varying) == 74
    assert set(range(80)) - set(varying) == {62, 63, 76, 77, 78, 79}


def test_a_child_of_a_fork_draws_other_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    new_id(PAYMENT, NOW)  # so that there is something left to draw from
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, new_id(PAYMENT, NOW).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 100).decode() != new_id(PAYMENT, NOW)


@pytest.mark.parametrize(
    "text",
    ["", "pay_", "pay_" + "0" * 32, new_id(CUSTOMER, NOW), new_id(PAYMENT, NOW) + "0", new_id(PAYMENT, NOW).upper()],
    ids=["nothing", "a_prefix", "no_version", "of_another_kind", "too_long", "capitals"],  # the same in each process
)
def test_what_has_not_the_shape_is_no_id(text: str) -> None:
    assert not is_id(PAYMENT, text)
