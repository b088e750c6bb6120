"""What an outbound tells something of is among the kinds that it declares: of others the follower never asks it."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from itertools import product
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from following import Followed
from sqlalchemy import Connection, event

from feiqian.events import Fact, PersonTransferDecided, PersonTransferStatus, encode_fact, tag_of, tag_of_kind
from feiqian.ids import MONEY_REQUEST
from feiqian.orders.model import Event
from feiqian.outbox.model import Origin, Outbound
from feiqian.webhooks.telling import MerchantEvents

KINDS: tuple[Any, ...] = get_args(Fact)
SOON = 3_600_000_000  # microseconds
NOBODY_OR_ONE = 0, 1
HELD = PersonTransferStatus.HELD, PersonTransferStatus.WAITING
REQUEST = f"{MONEY_REQUEST}1"
TEXTS = {"event": [one.value for one in Event], "about": [REQUEST], "number": [f"{REQUEST}.1"]}


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Followed]:
    bank = Followed(Path(tmp_path_factory.mktemp("kinds")))
    yield bank
    bank.close()


def samples(kind: Any, now: int) -> Iterator[Fact]:
    """Facts of a kind, of each state that they can be in."""
    hints = get_type_hints(kind)
    values = {name: _values(name, hints[name], now) for name in kind.__struct_fields__}
    for chosen in product(*values.values()):
        fact = kind(**dict(zip(values, chosen, strict=True)))
        if not isinstance(fact, PersonTransferDecided) or bool(fact.held_until) == (fact.status in HELD):
            yield fact


def _values(name: str, hint: Any, now: int) -> list[Any]:
    hint = getattr(hint, "__supertype__", hint)
    if name in TEXTS:
        return TEXTS[name]
    if name in ("left", "place", "held_until") and hint is int:
        return [number * (now + SOON if name == "held_until" else 1) for number in NOBODY_OR_ONE]
    if isinstance(hint, UnionType):
        return [None] if NoneType in get_args(hint) else _values(name, get_args(hint)[0], now)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return list(hint)
    if get_origin(hint) is tuple:
        return [()]
    if hint is int:
        return [now + SOON if name.endswith("_at") else 156 if name == "currency" else 1]
    return {str: ["x"], bytes: [bytes(16)], bool: [True]}[hint]


def tells(outbound: Outbound, connection: Connection, fact: Fact, now: int) -> bool:
    """Whether it makes anything of a fact: asks the database, writes, or fails because something is missing."""
    asked: list[str] = []
    note = lambda _, __, statement, *___: asked.append(statement)  # noqa: E731
    event.listen(connection, "before_cursor_execute", note)
    try:
        if isinstance(outbound, MerchantEvents):
            return bool(list(outbound.events_of(connection, fact))) or bool(asked)
        outbound.tell(connection, fact, Origin(1, 0), now)
    except Exception:
        return True
    finally:
        event.remove(connection, "before_cursor_execute", note)
    return bool(asked)


def test_an_outbound_declares_all_of_which_it_tells_and_is_concerned_by_it(
    bank: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower, now = bank.services.follower, bank.services.clock.now()
    monkeypatch.setattr(bank.services.webhooks.telling.endpoints, "merchants", {1})
    assert len(follower._outbounds) >= 7
    with bank.bank.db.write() as connection:
        for outbound in follower._outbounds.values():
            facts = [fact for kind in KINDS for fact in samples(kind, now)]
            told = [fact for fact in facts if tells(outbound, connection, fact, now)]
            assert {type(fact) for fact in told} == set(outbound.kinds), outbound.name
            assert all(outbound.concerns(encode_fact(fact)) for fact in told), outbound.name


def test_the_kind_of_each_fact_is_read_from_its_bytes(bank: Followed) -> None:
    now = bank.services.clock.now()
    for kind in KINDS:
        assert {tag_of(encode_fact(fact)) for fact in samples(kind, now)} == {tag_of_kind(kind)}
    assert len({tag_of_kind(kind) for kind in KINDS}) == len(KINDS)


@pytest.mark.parametrize("blob", [b"", b"\x91", b"\xdc", b"\xdc\x00\x18", b"\xc1", b"\x92\xa7pay"])
def test_what_is_too_short_for_a_fact_is_of_no_kind(blob: bytes) -> None:
    assert tag_of(blob) not in {tag_of_kind(kind) for kind in KINDS}
