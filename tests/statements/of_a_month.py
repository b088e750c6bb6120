"""Statements made up for tests: entries of all kinds, in any currency, with whatever somebody may have written."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from feiqian.ids import derived_id
from feiqian.money import BY_CODE
from feiqian.statements.model import Account, Bank, Row, Statement, entry_id
from feiqian.texts import texts_in

ZONE = "Asia/Shanghai"
BEGIN = int(datetime(2026, 10, 31, 16, 0, tzinfo=UTC).timestamp()) * 1_000_000  # of November, there
MADE = BEGIN + 40 * 86_400_000_000
WRITTEN = (  # by shops and payers
    ("payment", -1_250, "柠檬茶 <北京店> & Söhne", "A “quoted” note, 100 % 'real'; a,b", "pay_"),
    ("payment", -99, '=HYPERLINK("http://evil.example","x")', "@SUM(1+1)*cmd|' /C calc'!A0", "pay_"),
    ("refund", 1_250, "柠檬茶 <北京店> & Söhne", "", "ref_"),
    ("person_transfer", 50_000, "张*", "房租 – noviembre ñ", "pst_"),
    ("own_transfer", -20_000, "", "", "trf_"),
    ("correction", 7, "", "", ""),
    ("payment", -3, "A shop with a name that is much longer than thirty-two characters", "-1 + 2\u202e\x07", "pay_"),
)


def rows(opening: int, count: int = len(WRITTEN), spread: int = 86_400_000_000) -> list[Row]:
    found, balance = [], opening
    for n in range(count):
        kind, amount, who, note, prefix = WRITTEN[n % len(WRITTEN)]
        at, balance = BEGIN + n * spread + 123_000, balance + amount
        id = entry_id(derived_id("mov_", at, n.to_bytes(16, "little")))
        reference = derived_id(prefix, at, n.to_bytes(16, "big")) if prefix else ""
        found.append(Row(id, at, amount, balance, kind, kind.replace("_", " ").title(), who, note, reference))
    return found


def statement(
    currency: str = "CNY", language: str = "en", opening: int = 100_000, entries: list[Row] | None = None, **more: Any
) -> Statement:
    entries = rows(opening) if entries is None else entries
    prefix, texts = "statement.file.", texts_in(language).for_scripts("statement.file.")
    values: dict[str, Any] = {
        "id": "stm" + "0" * 32,
        "language": language,
        "bank": Bank("Feiqian", "990001", ZONE),
        "account": Account(
            "王小明", "9900011234567890128", "Rent •••• 0128", "current", currency, BY_CODE[currency].decimals
        ),
        "first": date(2026, 11, 1),
        "last": date(2026, 11, 30),
        "through": BEGIN + 30 * 86_400_000_000,
        "made_at": MADE,
        "provisional": False,
        "opening": opening,
        "closing": entries[-1].balance if entries else opening,
        "rows": entries,
        "words": {key.removeprefix(prefix): text for key, text in texts.items()},
    }
    return Statement(**values | more)
