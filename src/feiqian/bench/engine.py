"""The engines' speed: batches of single transfers between random accounts, and one chain at a time. Stores nothing."""

from __future__ import annotations

import random
import time
from typing import Any

from feiqian.accounts.kinds import AccountKind
from feiqian.ledger import chart
from feiqian.ledger.engine import EVENT, NO_ID, UNLIMITED, Engine, Period, Type, chain
from feiqian.ledger.native import NativeEngine
from feiqian.ledger.spec import SpecEngine
from feiqian.money import CurrencyNumber

CNY = CurrencyNumber(156)
NOW = 1_800_000_000, 20270115
OPENED_AT_ONCE = 50_000
BATCHES_AT_ONCE = 16
CHAINS = 20_000


def run(accounts: int = 1_000_000, batch: int = 8_190, seconds: float = 3.0, spec: bool = True) -> dict[str, Any]:
    """Applies batches to each engine until `seconds` of `apply` alone have passed; making the batches is not counted.

    `chain_microseconds` is the time of `apply` for a payment's chain of five events, given alone, through the binding.
    """
    native = NativeEngine()
    ids = _open_accounts(native, accounts)
    figures: dict[str, Any] = {"accounts": accounts, "batch_size": batch}
    figures["native_transfers_per_second"] = _in_batches(native, ids, batch, seconds)
    figures |= _memory(native)
    figures["native_chain_microseconds"] = _chains(native, ids)
    native.check()
    if spec:
        specification = SpecEngine()
        _open_accounts(specification, accounts)
        figures["spec_transfers_per_second"] = _in_batches(specification, ids, batch, seconds)
        figures["spec_chain_microseconds"] = _chains(specification, ids)
    return figures


def _open_accounts(engine: Engine, accounts: int) -> list[bytes]:
    wallet = AccountKind.CUSTOMER_WALLET
    ids = [chart.account_id(wallet, CNY, owner) for owner in range(1, accounts + 1)]
    for start in range(0, accounts, OPENED_AT_ONCE):
        some = ids[start : start + OPENED_AT_ONCE]
        engine.apply(b"".join(chart.account(id, wallet, CNY, overdraft=UNLIMITED) for id in some), *NOW)
    return ids


def _in_batches(engine: Engine, ids: list[bytes], batch: int, seconds: float) -> int:
    numbers = random.Random(1)
    transfers, spent = 0, 0.0
    while spent < seconds:
        batches = [b"".join(_transfer(numbers, ids) for _ in range(batch)) for _ in range(BATCHES_AT_ONCE)]
        started = time.perf_counter()
        for events in batches:
            engine.apply(events, *NOW)
            transfers += batch
            if time.perf_counter() - started + spent >= seconds:
                break
        spent += time.perf_counter() - started
    return round(transfers / spent)


def _transfer(numbers: random.Random, ids: list[bytes]) -> bytes:
    debit = numbers.randrange(len(ids))
    credit = (debit + numbers.randrange(1, len(ids))) % len(ids)
    return EVENT.pack(Type.TRANSFER, 0, 1, 0, 7, numbers.randbytes(16), ids[debit], ids[credit], NO_ID)


def _chains(engine: Engine, ids: list[bytes]) -> float:
    numbers = random.Random(2)
    allowances = [b"day" + ids[0][3:], b"free" + ids[0][4:]]
    engine.apply(b"".join(chart.allowance(id, UNLIMITED, Period.DAY) for id in allowances), *NOW)
    chains = [_payment(numbers, ids, allowances) for _ in range(CHAINS)]
    started = time.perf_counter()
    for events in chains:
        engine.apply(events, *NOW)
    return round((time.perf_counter() - started) / CHAINS * 1e6, 2)


def _payment(numbers: random.Random, ids: list[bytes], allowances: list[bytes]) -> bytes:
    claim = EVENT.pack(Type.CLAIM, 0, 0, 0, NOW[0] + 60, numbers.randbytes(16), NO_ID, NO_ID, NO_ID)
    uses = [EVENT.pack(Type.USE, 0, 0, 0, 1, id, NO_ID, NO_ID, NO_ID) for id in allowances]
    return chain(claim, *uses, _transfer(numbers, ids), _transfer(numbers, ids))


def _memory(engine: NativeEngine) -> dict[str, float]:
    """Heap bytes, the index included, by the engine's own count of what it has allocated."""
    used = engine.memory_bytes()
    accounts, transfers, _, _ = engine.counts()
    return {
        "native_bytes_per_account": round((used["accounts"] + used["account_index"]) / accounts, 1),
        "native_bytes_per_transfer": round((used["transfers"] + used["transfer_index"]) / transfers, 1),
    }
