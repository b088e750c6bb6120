"""A statement as it is handed to those who write it: plain values, which become JSON on the way to a worker."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from zoneinfo import ZoneInfo

import msgspec

from feiqian.clock import moment


class Format(StrEnum):
    """What a statement is written as. The values are on the wire."""

    PDF = "pdf"
    CSV = "csv"
    XLSX = "xlsx"
    OFX = "ofx"
    CAMT = "camt053"


class Row(msgspec.Struct, frozen=True, array_like=True):
    """An entry. `id` never changes; `at` in Unix microseconds; `amount` in minor units, below zero where it left.

    `kind` is a word, `text` says the same to a person; `who` is the other side, `note` what was said of it, `reference`
    a public id that both sides know; `balance` is what there was after it.
    """

    id: str
    at: int
    amount: int
    balance: int
    kind: str
    text: str
    who: str
    note: str
    reference: str

    @property
    def said(self) -> str:
        """All that is said of it, in one line."""
        return " – ".join(part for part in (self.text, self.who, self.note) if part)


class Account(msgspec.Struct, frozen=True):
    """Whose account it is, and which. `number` names it everywhere ("" of no wallet); `shown` is for people."""

    holder: str
    number: str
    shown: str
    product: str  # "wallet", or that of a deposit account
    currency: str  # of ISO 4217
    decimals: int


class Bank(msgspec.Struct, frozen=True):
    """Who keeps the account. `code`: with what its account numbers begin; `zone`: of its days."""

    name: str
    code: str
    zone: str


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """An account in a period, from its first day to its last. Sums in minor units, moments in Unix microseconds.

    `through`: until when it tells; before the end of the last day it is provisional. `words`: texts in `language` that
    files for people show, by key.
    """

    id: str
    language: str
    bank: Bank
    account: Account
    first: date
    last: date
    through: int
    made_at: int
    provisional: bool
    opening: int
    closing: int
    rows: list[Row]
    words: dict[str, str]
    code: str = ""  # by which anybody who has it finds out whether it is this bank's
    check: str = ""  # the address where
    picture: str = ""  # both, to be scanned: SVG

    @property
    def came(self) -> tuple[int, int]:
        """How many entries brought money in, and how much."""
        return _sum([row.amount for row in self.rows if row.amount > 0])

    @property
    def left(self) -> tuple[int, int]:
        """How many took money out, and how much, above zero."""
        return _sum([-row.amount for row in self.rows if row.amount < 0])

    def local(self, at: int) -> datetime:
        """A moment by the bank's clock."""
        return moment(at).astimezone(ZoneInfo(self.bank.zone))

    @property
    def begins(self) -> datetime:
        return start_of(self.first, ZoneInfo(self.bank.zone))

    @property
    def until(self) -> datetime:
        """The last second that it tells of."""
        if self.provisional:
            return self.local(self.through)
        return start_of(self.last + timedelta(days=1), ZoneInfo(self.bank.zone)) - timedelta(seconds=1)

    def major(self, minor: int) -> str:
        """Major units in decimal notation, with a sign below zero: "-12.30"."""
        digits, decimals = str(abs(minor)).rjust(self.account.decimals + 1, "0"), self.account.decimals
        whole = f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits
        return f"-{whole}" if minor < 0 else whole


def _sum(amounts: list[int]) -> tuple[int, int]:
    return len(amounts), sum(amounts)


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """When a day of the bank begins: its first moment, in zones that leave midnight out in spring, too."""
    begins = datetime(day.year, day.month, day.day, tzinfo=zone)
    return moment(int(begins.timestamp()) * 1_000_000).astimezone(zone)


def statement_id(account: bytes, first: date, last: date, made_at: int | None) -> str:
    """Of an account in a period, always the same once that is over; before, of each moment another (`made_at`)."""
    of = f"{first.isoformat()}/{last.isoformat()}/{made_at or ''}"
    return f"stm{blake2b(account + of.encode(), digest_size=16, person=b'fq-statement').hexdigest()}"


def wallet_number(account: bytes, currency: str) -> str:
    """By which programs know a wallet, which has no number: at most 22 characters (OFX 2.2, 11.3.1)."""
    return f"W{currency}{blake2b(account, digest_size=8, person=b'fq-wallet-number').hexdigest()}"


def entry_id(id: str) -> str:
    """A movement's id as all files have it: camt takes 35 characters, so that none has the line after the prefix."""
    return id.replace("_", "", 1)
