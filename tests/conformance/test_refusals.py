"""The numbers of refusals are fixed, their order of declaration is the precedence, and the two are independent."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from types import ModuleType

import pytest
from notation import Run, encode, read_cases

from feiqian.ledger import native, spec
from feiqian.ledger.engine import DUMP_HEADER, DUMP_MAGIC, DUMP_TRANSFER, EVENT, NO_ID, DumpInvalid, Refusal, Type

HERE = Path(__file__).parent
TABLES = [HERE / f"{name}.table" for name in ("refusals", "precedence", "chains")]

# Journals and dumps hold these numbers: rows are added at the end of a list, and never changed or taken away.
NOT_REMEMBERED = {
    "OK": 0,
    "EXISTS": 1,
    "CHAIN_OPEN": 2,
    "LINKED_EVENT_FAILED": 3,
    "TYPE_INVALID": 4,
    "FLAGS_INVALID": 5,
    "ID_MUST_NOT_BE_ZERO": 6,
    "SIDES_INVALID": 7,
    "PERIOD_INVALID": 8,
    "CURRENCY_INVALID": 9,
    "EXISTS_WITH_DIFFERENT_TYPE": 10,
    "EXISTS_WITH_DIFFERENT_DEBIT": 11,
    "EXISTS_WITH_DIFFERENT_CREDIT": 12,
    "EXISTS_WITH_DIFFERENT_AMOUNT": 13,
    "EXISTS_WITH_DIFFERENT_KIND": 14,
    "EXISTS_WITH_DIFFERENT_REFERENCE": 15,
    "EXISTS_WITH_DIFFERENT_CURRENCY": 16,
    "EXISTS_WITH_DIFFERENT_OVERDRAFT": 17,
    "EXISTS_WITH_DIFFERENT_PERIOD": 18,
    "ID_ALREADY_USED": 19,
}
REMEMBERED = {
    "CLAIM_ALREADY_PAST": 20,
    "CLAIMED": 21,
    "ALLOWANCE_NOT_FOUND": 22,
    "ALLOWANCE_EXCEEDED": 23,
    "HOLD_NOT_FOUND": 24,
    "HOLD_CAPTURED": 25,
    "HOLD_RELEASED": 26,
    "HOLD_EXPIRED": 27,
    "AMOUNT_MUST_NOT_BE_ZERO": 28,
    "AMOUNT_ABOVE_HOLD": 29,
    "ACCOUNTS_MUST_BE_DIFFERENT": 30,
    "ACCOUNT_NOT_FOUND": 31,
    "DEBIT_ACCOUNT_NOT_FOUND": 32,
    "CREDIT_ACCOUNT_NOT_FOUND": 33,
    "CURRENCIES_DIFFER": 34,
    "ACCOUNT_CLOSED": 35,
    "DEBIT_ACCOUNT_CLOSED": 36,
    "CREDIT_ACCOUNT_CLOSED": 37,
    "DEBIT_ACCOUNT_FROZEN": 38,
    "CREDIT_ACCOUNT_FROZEN": 39,
    "ACCOUNT_NOT_EMPTY": 40,
    "OVERFLOW": 41,
    "NOTHING_AVAILABLE": 42,
    "INSUFFICIENT_FUNDS": 43,
}

# In a copy of the specification: one refusal of each sort, each between two others, with the next free numbers, and a
# kind of transfer that is refused so.
MISTAKE = max(Refusal) + 1
DECISION = MISTAKE + 1
INSERTED = {
    "engine": [
        ("    EXISTS = 1\n", f"    NEW_MISTAKE = {MISTAKE}\n"),
        ("    DEBIT_ACCOUNT_NOT_FOUND = 32\n", f"    NEW_DECISION = {DECISION}\n"),
        ("        Refusal.CHAIN_OPEN,\n", "        Refusal.NEW_MISTAKE,\n"),
    ],
    "spec": [
        (
            "            return Refusal.INSUFFICIENT_FUNDS\n",
            "        if kind >= 60000:\n            return kind - 60000\n",
        ),
    ],
}


def test_a_number_is_given_once_and_for_ever() -> None:
    declared = {name: int(refusal) for name, refusal in Refusal.__members__.items()}
    assert declared == NOT_REMEMBERED | REMEMBERED
    assert len(set(declared.values())) == len(declared)
    assert set(declared.values()) <= set(range(256)), "an answer is one byte"


def test_what_is_remembered_stays_so() -> None:
    assert {refusal.name for refusal in Refusal if refusal.remembered} == set(REMEMBERED)


def test_both_engines_declare_the_same() -> None:
    lines = native.shared_library().fq_refusals().decode().splitlines()
    assert lines == [f"{refusal.name} {refusal:d} {refusal.remembered:d}" for refusal in Refusal]


def refused(id: bytes, number: int) -> bytes:
    return EVENT.pack(Type.REFUSED, 0, number, 0, 0, id, NO_ID, NO_ID, NO_ID)


def remembering(id: bytes, number: int) -> bytes:
    """A dump of one remembered refusal."""
    return DUMP_HEADER.pack(DUMP_MAGIC, 1, 20260101, 0, 1, 0, 0, 0) + DUMP_TRANSFER.pack(
        id, 0, 0, 0, 0, 0, Type.REFUSED, number
    )


@pytest.mark.parametrize("number", range(256))
def test_records_and_dumps_hold_what_is_remembered_and_nothing_else(number: int) -> None:
    id = b"T" * 16
    for new_engine in (spec.SpecEngine, native.NativeEngine):
        replayed, loaded = new_engine(), new_engine()
        if number in REMEMBERED.values():
            replayed.replay(refused(id, number))
            loaded.load([remembering(id, number)])
            assert replayed.remembered(id) == loaded.remembered(id) == (Type.REFUSED, 0, 0, number)
            continue
        with pytest.raises(ValueError, match="TYPE_INVALID"):
            replayed.replay(refused(id, number))
        with pytest.raises(DumpInvalid):
            loaded.load([remembering(id, number)])


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[ModuleType]:
    """The specification with the refusals of INSERTED, as a package of its own."""
    package = tmp_path / "with_more_refusals"
    package.mkdir()
    (package / "__init__.py").touch()
    for name in ("engine", "spec", "spec_dump", "spec_state"):
        text = (Path(spec.__file__).parent / f"{name}.py").read_text()
        for after, lines in INSERTED.get(name, ()):
            assert text.count(after) == 1
            text = text.replace(after, after + lines)
        (package / f"{name}.py").write_text(text)
    sys.path.insert(0, str(tmp_path))
    try:
        yield importlib.import_module("with_more_refusals.spec")
    finally:
        sys.path.remove(str(tmp_path))
        for name in [name for name in sys.modules if name.partition(".")[0] == package.name]:
            del sys.modules[name]


def test_a_refusal_inserted_between_others_renumbers_none(copy: ModuleType) -> None:
    more: type[IntEnum] = copy.Refusal
    names = [refusal.name for refusal in more]
    assert names.index("NEW_MISTAKE") == names.index("EXISTS") + 1
    assert names.index("NEW_DECISION") == names.index("DEBIT_ACCOUNT_NOT_FOUND") + 1
    assert {
        refusal.name: int(refusal) for refusal in more if refusal.name in Refusal.__members__
    } == NOT_REMEMBERED | REMEMBERED
    assert {refusal.name for refusal in more if refusal in copy.REMEMBERED} == {*REMEMBERED, "NEW_DECISION"}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.stem)
def test_a_refusal_inserted_between_others_changes_no_answer_and_no_byte(copy: ModuleType, table: Path) -> None:
    for case in read_cases(table):
        before, after = Run(spec.SpecEngine()), Run(copy.SpecEngine())
        for at, row in case.rows:
            before.row(at, row)
            after.row(at, row)
        assert after.records == before.records, case.title
        assert b"".join(after.engine.dump()) == b"".join(before.engine.dump()), case.title


def asked(kind: int, id: bytes) -> bytes:
    return EVENT.pack(Type.TRANSFER, 0, kind, 0, 5, id, *(encode(f"close {name}")[16:32] for name in ("B", "A")), NO_ID)


def test_the_set_says_what_is_remembered_whatever_the_number(copy: ModuleType) -> None:
    engine = copy.SpecEngine()
    engine.apply(encode("account A CNY") + encode("account B CNY overdraft=max"), 1, 20260101)
    answers = [
        engine.apply(asked(kind, id), 1, 20260101)[0][0]
        for id, kind in (
            (b"T" * 16, 60000 + MISTAKE),  # not remembered: the id may be used again
            (b"T" * 16, 60000 + DECISION),  # remembered: it may not
            (b"T" * 16, 7),
            (b"U" * 16, 7),
        )
    ]
    assert answers == [MISTAKE, DECISION, DECISION, Refusal.OK]


def test_records_and_dumps_keep_a_refusal_that_was_inserted(copy: ModuleType) -> None:
    id, engine, again = b"T" * 16, copy.SpecEngine(), copy.SpecEngine()
    engine.replay(refused(id, DECISION))
    again.load(engine.dump())
    assert engine.remembered(id) == again.remembered(id) == (Type.REFUSED, 0, 0, DECISION)
    for number in (MISTAKE, DECISION + 1):
        with pytest.raises(ValueError, match="TYPE_INVALID"):
            copy.SpecEngine().replay(refused(id, number))
