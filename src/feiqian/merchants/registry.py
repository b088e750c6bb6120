"""Merchants, their stores and their API keys: kept in the feature database, answered from memory.

Another process may revoke a key (`feiqian keys revoke`). So a thread asks the database at least once a second whether
anything has changed: a revocation in this process holds at once, in another within a second. If the database cannot be
asked, or does not answer, that is raised: a key that may have been revoked is not honoured. The event loop only looks
into memory.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, ForeignKey, Integer, LargeBinary, String, Table, func, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from feiqian.db import BIG, METADATA, BankDb
from feiqian.errors import FeiqianError
from feiqian.ids import MERCHANT, MerchantNumber, new_id
from feiqian.merchants.keys import SHOWN, KeyRefusal, Kind, hash_of, kind_of, new_key
from feiqian.money import BY_NUMBER, CurrencyNumber
from feiqian.runtime.work import Pool, TooBusy, WorkOverdue
from feiqian.strings.visible import is_visible

REFRESH_SECONDS = 1.0
ASK_SECONDS = 5.0  # not money: a time
MAX_FEE_BASIS_POINTS = 1_000  # ten per cent

_merchants = Table(
    "merchants",
    METADATA,
    Column("number", BIG, primary_key=True, autoincrement=False),
    Column("id", String(36), nullable=False, unique=True),
    Column("name", String(100), nullable=False),
    Column("currency", Integer, nullable=False),
    Column("fee_basis_points", Integer, nullable=False),
    Column("status", String(16), nullable=False),
)
_stores = Table(
    "stores",
    METADATA,
    Column("merchant", BIG, ForeignKey("merchants.number"), primary_key=True),
    Column("code", String(32), primary_key=True),
    Column("name", String(100), nullable=False),
)
_keys = Table(
    "api_keys",
    METADATA,
    Column("hash", LargeBinary(32), primary_key=True),
    Column("merchant", BIG, ForeignKey("merchants.number"), nullable=False),
    Column("kind", String(4), nullable=False),
    Column("shown", String(16), nullable=False),
    Column("created_at", BIG, nullable=False),
    Column("revoked_at", BIG),
)
_changes = Table("merchant_changes", METADATA, Column("count", BIG, primary_key=True))


class MerchantInvalid(FeiqianError):
    """A merchant cannot be as was asked. Says why."""


class MerchantsUnknown(FeiqianError):
    """The database does not say whether keys have been revoked, so none is honoured. Nothing was done."""


class Store(NamedTuple):
    code: str
    name: str


class Merchant(NamedTuple):
    """`currency` is the ISO 4217 number of what it is paid in; `status` is active or suspended."""

    number: MerchantNumber
    id: str
    name: str
    currency: CurrencyNumber
    fee_basis_points: int
    status: str
    stores: tuple[Store, ...]

    @property
    def accepting(self) -> bool:
        """Whether it may take payments."""
        return self.status == "active"

    @property
    def key(self) -> bytes:
        """What tells the API key that is used from the merchant's others; empty without one."""
        return b""


class KeyHolder(Merchant):
    """A merchant as whoever holds one of its API keys; equal to the merchant."""

    _key: bytes

    @property
    def key(self) -> bytes:
        return self._key

    @classmethod
    def of(cls, merchant: Merchant, key_hash: bytes) -> KeyHolder:
        holder = cls(*merchant)
        holder._key = key_hash[:8]
        return holder


class NewMerchant(NamedTuple):
    """A merchant to add."""

    name: str
    currency: CurrencyNumber
    fee_basis_points: int
    stores: tuple[Store, ...] = ()


class KeyInfo(NamedTuple):
    """An API key as it is listed: the first letters only. Times in Unix microseconds."""

    shown: str
    merchant: MerchantNumber
    kind: str
    created_at: int
    revoked_at: int | None


class Merchants:
    """`mode` is live or test: keys of the other kind open nothing here.

    `ask_seconds` bounds the wait for the database.
    """

    def __init__(
        self,
        db: BankDb,
        mode: Kind,
        monotonic: Callable[[], float] = time.monotonic,  # not money: a time
        ask_seconds: float = ASK_SECONDS,  # not money: a time
    ) -> None:
        self._db, self._mode, self._monotonic = db, mode, monotonic
        self._lock = threading.Lock()
        self._pool = Pool("merchants", 1, 0, ask_seconds)
        self._asking: asyncio.Task[None] | None = None
        self._by_number: dict[MerchantNumber, Merchant] = {}
        self._by_hash: dict[bytes, KeyHolder] = {}
        self._seen = -1
        self._asked_at = 0.0  # not money: a time
        self.refresh()

    # --- asking ------------------------------------------------------------------------------------------------

    @property
    def stale(self) -> bool:
        """Whether the database was asked too long ago for a key to be honoured: then await `fresh` first."""
        return self._monotonic() - self._asked_at >= REFRESH_SECONDS

    @property
    def unanswered(self) -> bool:
        """Whether the database has said nothing for several times as long, although `run` asks it."""
        return self._monotonic() - self._asked_at >= 3 * REFRESH_SECONDS

    async def fresh(self) -> None:
        """Asks the database what has changed, in a thread; all who wait share one asking. Raises MerchantsUnknown."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.get_running_loop().create_task(self._pool.run(self.refresh), name="merchants")
        try:
            await asyncio.shield(self._asking)
        except (TooBusy, WorkOverdue, SQLAlchemyError) as error:
            raise MerchantsUnknown(f"the bank's database cannot be asked for merchants' keys: {error}") from error

    async def run(self) -> None:
        """Keeps what is known fresh, so that no request waits for it. Ends when cancelled."""
        while True:
            with contextlib.suppress(MerchantsUnknown):  # whoever needs it is told; `stale` says so, too
                await self.fresh()
            await asyncio.sleep(REFRESH_SECONDS / 2)

    async def find(self, key: str) -> KeyHolder | KeyRefusal:
        """Whose key this is, as the database knows it within the last second. Raises MerchantsUnknown."""
        if self.stale:
            await self.fresh()
        return self.by_key(key)

    def by_key(self, key: str) -> KeyHolder | KeyRefusal:
        """Whose key this is, from memory."""
        holder = self._by_hash.get(hash_of(key))
        if holder is not None:
            return holder
        kind = kind_of(key)
        return KeyRefusal.WRONG_KIND if kind is not None and kind != self._mode else KeyRefusal.UNKNOWN

    def whose(self, key: str) -> MerchantNumber | None:
        """The number of the merchant whose key this is, as far as is known without asking the database."""
        holder = self._by_hash.get(hash_of(key))
        return None if holder is None else holder.number

    def by_number(self, number: MerchantNumber) -> Merchant | None:
        return self._by_number.get(number)

    def name(self, number: MerchantNumber) -> str:
        """A merchant's name; "" of nobody."""
        merchant = self.by_number(number)
        return merchant.name if merchant is not None else ""

    def by_id(self, id: str) -> Merchant | None:
        return next((merchant for merchant in self._by_number.values() if merchant.id == id), None)

    def all(self) -> list[Merchant]:
        """Every merchant, in order of joining."""
        return list(self._by_number.values())

    def keys(self, merchant: MerchantNumber) -> list[KeyInfo]:
        """A merchant's keys, revoked ones too; reads the database."""
        columns = _keys.c.shown, _keys.c.merchant, _keys.c.kind, _keys.c.created_at, _keys.c.revoked_at
        with self._db.read() as connection:
            rows = connection.execute(select(*columns).where(_keys.c.merchant == merchant).order_by("created_at"))
            return [KeyInfo(*row) for row in rows]

    def refresh(self) -> None:
        """Takes up what has changed in the database since the last time, if anything has."""
        with self._lock, self._db.snapshot() as connection:  # in turn, so that an older reading never comes last
            now = self._monotonic()
            changes = connection.execute(select(func.coalesce(func.max(_changes.c.count), 0))).scalar_one()
            if changes != self._seen:
                self._load(connection)
                self._seen = changes
            self._asked_at = now  # only now: if asking fails, the next key is not honoured either

    def _load(self, connection: Connection) -> None:
        stores: dict[int, list[Store]] = {}
        for number, code, name in connection.execute(select(_stores).order_by("merchant", "code")):
            stores.setdefault(number, []).append(Store(code, name))
        rows = connection.execute(select(_merchants).order_by("number")).mappings()
        self._by_number = {row["number"]: Merchant(**row, stores=tuple(stores.get(row["number"], ()))) for row in rows}
        live = select(_keys.c.hash, _keys.c.merchant).where(_keys.c.kind == self._mode, _keys.c.revoked_at.is_(None))
        self._by_hash = {
            bytes(hash): KeyHolder.of(self._by_number[number], bytes(hash)) for hash, number in connection.execute(live)
        }

    def close(self) -> bool:
        """Ends the thread. Returns whether it has ended: a database that stands still keeps it."""
        return self._pool.close()

    # --- changing ----------------------------------------------------------------------------------------------

    def add(self, merchants: Sequence[NewMerchant], now_us: int) -> list[Merchant]:
        """New merchants, and their stores. Their accounts are opened in the ledger by `accounts.opening`."""
        for merchant in merchants:
            _check(merchant)
        with self._db.write() as connection:
            first = connection.execute(select(func.coalesce(func.max(_merchants.c.number), 0))).scalar_one() + 1
            added = [
                Merchant(
                    first + i, new_id(MERCHANT, now_us), m.name, m.currency, m.fee_basis_points, "active", m.stores
                )
                for i, m in enumerate(merchants)
            ]
            for m in added:
                connection.execute(insert(_merchants).values(dict(zip(_merchants.c.keys(), m[:6], strict=True))))
                for store in m.stores:
                    connection.execute(insert(_stores).values(merchant=m.number, code=store.code, name=store.name))
            _changed(connection)
        self.refresh()
        return added

    def set_status(self, number: MerchantNumber, status: str) -> None:
        """Suspends a merchant, or lets it take payments again. Raises MerchantInvalid for another status."""
        if status not in ("active", "suspended"):
            raise MerchantInvalid(f"a merchant is active or suspended, not {status!r}")
        with self._db.write() as connection:
            connection.execute(update(_merchants).where(_merchants.c.number == number).values(status=status))
            _changed(connection)
        self.refresh()

    def create_key(self, merchant: MerchantNumber, kind: Kind, now_us: int) -> str:
        """A new API key, returned this once. Raises MerchantInvalid if there is no such merchant."""
        if merchant not in self._by_number:
            raise MerchantInvalid(f"there is no merchant number {merchant}")
        key = new_key(kind)
        row = {"hash": hash_of(key), "merchant": merchant, "kind": kind, "shown": key[:SHOWN], "created_at": now_us}
        with self._db.write() as connection:
            connection.execute(insert(_keys).values(row))
            _changed(connection)
        self.refresh()
        return key

    def revoke_key(self, merchant: MerchantNumber, shown: str, now_us: int) -> int:
        """Revokes the merchant's keys that begin so; at once in this process. Returns how many there were."""
        mine = (_keys.c.merchant == merchant) & (_keys.c.shown == shown[:SHOWN]) & _keys.c.revoked_at.is_(None)
        with self._db.write() as connection:
            revoked: Any = connection.execute(update(_keys).where(mine).values(revoked_at=now_us))
            _changed(connection)
        self.refresh()
        return int(revoked.rowcount)


def _check(merchant: NewMerchant) -> None:
    if merchant.currency not in BY_NUMBER:
        raise MerchantInvalid(f"{merchant.currency} is not the number of a currency")
    if not 0 <= merchant.fee_basis_points <= MAX_FEE_BASIS_POINTS:
        raise MerchantInvalid(f"a fee lies between 0 and {MAX_FEE_BASIS_POINTS} basis points")
    if not merchant.name.strip():
        raise MerchantInvalid("a merchant needs a name")
    if not is_visible(merchant.name):
        raise MerchantInvalid("a merchant's name has no control characters")


def _changed(connection: Connection) -> None:
    """One more change, in the same transaction as the change."""
    count = connection.execute(select(func.coalesce(func.max(_changes.c.count), 0))).scalar_one()
    connection.execute(_changes.delete())
    connection.execute(insert(_changes).values(count=count + 1))
