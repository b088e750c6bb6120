"""What EXISTS says, field by field: a retry that differs in one field of the event that names its chain."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from notation import encode, identity

from feiqian.ledger.engine import EVENT, Engine, Refusal
from feiqian.ledger.native import NativeEngine
from feiqian.ledger.spec import SpecEngine

ENGINES = [SpecEngine, lambda: NativeEngine(seed=1)]
FIELDS = "type", "flags", "kind", "aux", "amount", "id", "debit", "credit", "reference"
OTHER = {"kind": 9, "aux": 77, "amount": 3, "debit": identity("A3"), "credit": identity("A3")}
OTHER |= {"reference": identity("other"), "type": 0}
_R = Refusal
ALL = {
    "type": _R.EXISTS_WITH_DIFFERENT_TYPE,
    "debit": _R.EXISTS_WITH_DIFFERENT_DEBIT,
    "credit": _R.EXISTS_WITH_DIFFERENT_CREDIT,
    "amount": _R.EXISTS_WITH_DIFFERENT_AMOUNT,
    "kind": _R.EXISTS_WITH_DIFFERENT_KIND,
    "reference": _R.EXISTS_WITH_DIFFERENT_REFERENCE,
}
COMPARED = {  # by event; every other field may differ
    "transfer T1 A1->A2 5": ALL,
    "hold T1 A1->A2 5 timeout=10": ALL,
    "sweep T1 A1->A2 5": ALL,
    "capture T1 H1 5": {field: code for field, code in ALL.items() if field != "credit"},
    "release T1 H1": {field: code for field, code in ALL.items() if field not in ("credit", "amount")},
}


@pytest.mark.parametrize("new_engine", ENGINES, ids=["spec", "native"])
@pytest.mark.parametrize("text", COMPARED)
@pytest.mark.parametrize("field", OTHER)
def test_a_retry_is_compared_by_these_fields_of_the_event_that_names_it(
    new_engine: Callable[[], Engine], text: str, field: str
) -> None:
    engine = new_engine()
    begin = "account A1 CNY overdraft=max", "account A2 CNY", "transfer T0 A1->A2 50", "hold H1 A1->A2 5"
    first = encode(text)
    engine.apply(b"".join(map(encode, begin)), 1, 20260101)
    assert engine.apply(first, 1, 20260101)[0] == bytes([_R.OK])
    before = engine.digest()
    retry = dict(zip(FIELDS, EVENT.unpack(first), strict=True))
    retry[field] = OTHER[field] if field != "type" else (2 if retry["type"] != 2 else 3)  # another that names, too
    results, records = engine.apply(EVENT.pack(*retry.values()), 1, 20260101)
    assert Refusal(results[0]) is COMPARED[text].get(field, _R.EXISTS)
    assert (records, engine.digest()) == (b"", before)
