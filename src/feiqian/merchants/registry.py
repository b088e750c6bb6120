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
from typing import NamedTuple

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from feiqian.clock import MICROSECONDS, SystemClock
from feiqian.db import BankDb
from feiqian.errors import FeiqianError
from feiqian.ids import MERCHANT, MerchantNumber, new_id
from feiqian.merchants import api_keys
from feiqian.merchants.api_keys import PLAIN, KeyInfo, NewKey
from feiqian.merchants.bank_keys import OPERATOR
from feiqian.merchants.keys import KeyRefusal, Kind, hash_of, kind_of
from feiqian.merchants.scopes import mask_of
from feiqian.merchants.tables import changed, changes
from feiqian.merchants.tables import keys as _keys
from feiqian.merchants.tables import merchants as _merchants
from feiqian.merchants.tables import stores as _stores
from feiqian.money import BY_NUMBER, CurrencyNumber
from feiqian.runtime.work import Pool, TooBusy, WorkOverdue
from feiqian.strings.visible import is_visible
from feiqian.subjects import Subject

REFRESH_SECONDS = 1.0
ASK_SECONDS = 5.0  # not money: a time
MAX_FEE_BASIS_POINTS = 1_000  # ten per cent


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

    hash: bytes  # of the key (`keys.hash_of`)
    _key: bytes
    scopes: int  # `scopes.mask_of` what the key is allowed
    expires_at: int  # Unix microseconds; 0 of a key without end

    @property
    def key(self) -> bytes:
        return self._key

    @classmethod
    def of(cls, merchant: Merchant, key_hash: bytes, scopes: int, expires_at: int) -> KeyHolder:
        holder = cls(*merchant)
        holder.hash, holder._key, holder.scopes, holder.expires_at = key_hash, key_hash[:8], scopes, expires_at
        return holder


class NewMerchant(NamedTuple):
    """A merchant to add."""

    name: str
    currency: CurrencyNumber
    fee_basis_points: int
    stores: tuple[Store, ...] = ()


class Merchants:
    """`mode` is live or test: keys of the other kind open nothing here.

    `ask_seconds` bounds the wait for the database; `now` is asked for keys that have an end (Unix microseconds).
    """

    def __init__(
        self,
        db: BankDb,
        mode: Kind,
        monotonic: Callable[[], float] = time.monotonic,  # not money: a time
        ask_seconds: float = ASK_SECONDS,  # not money: a time
        now: Callable[[], int] | None = None,
    ) -> None:
        self._db, self._mode, self._monotonic = db, mode, monotonic
        self._now = now or SystemClock().now
        self._lock = threading.Lock()
        self._pool = Pool("merchants", 1, 0, ask_seconds)
        self._asking: asyncio.Task[None] | None = None
        self._by_number: dict[MerchantNumber, Merchant] = {}
        self._by_hash: dict[bytes, KeyHolder] = {}
        self._used: dict[bytes, float] = {}  # not money: when, of the keys that were used lately
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
        """Whether no key can be made `fresh`: the database has said nothing for several times as long, although `run`
        asks it, or what it was asked is overdue and has not ended."""
        return self._pool.stuck or self._monotonic() - self._asked_at >= 3 * REFRESH_SECONDS

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
        """Whose key this is, from memory; its use is remembered."""
        holder = self.by_hash(hash_of(key))
        if holder is not None:
            return holder
        kind = kind_of(key)
        return KeyRefusal.WRONG_KIND if kind is not None and kind != self._mode else KeyRefusal.UNKNOWN

    def by_hash(self, hashed: bytes) -> KeyHolder | None:
        """As `by_key`, by the key's hash; None for what opens nothing."""
        holder = self._by_hash.get(hashed)
        if holder is None or (holder.expires_at and holder.expires_at <= self._now()):
            return None
        self._used[hashed] = self._monotonic()
        return holder

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
        with self._db.read() as connection:
            return api_keys.listed(connection, merchant)

    def taken_use(self, now_us: int) -> dict[bytes, int]:
        """When keys were used since this was asked, by their hashes (Unix microseconds)."""
        used, self._used = self._used, {}
        now = self._monotonic()
        return {hashed: now_us - int((now - at) * MICROSECONDS) for hashed, at in used.items()}

    def refresh(self) -> None:
        """Takes up what has changed in the database since the last time, if anything has."""
        with self._lock, self._db.snapshot() as connection:  # in turn, so that an older reading never comes last
            now = self._monotonic()
            count = changes(connection)
            if count != self._seen:
                self._load(connection)
                self._seen = count
            self._asked_at = now  # only now: if asking fails, the next key is not honoured either

    def _load(self, connection: Connection) -> None:
        stores: dict[int, list[Store]] = {}
        for number, code, name in connection.execute(select(_stores).order_by("merchant", "code")):
            stores.setdefault(number, []).append(Store(code, name))
        rows = connection.execute(select(_merchants).order_by("number")).mappings()
        self._by_number = {row["number"]: Merchant(**row, stores=tuple(stores.get(row["number"], ()))) for row in rows}
        columns = _keys.c.hash, _keys.c.merchant, _keys.c.scopes, _keys.c.expires_at
        live = select(*columns).where(_keys.c.kind == self._mode, _keys.c.revoked_at.is_(None))
        self._by_hash = {
            bytes(row.hash): KeyHolder.of(
                self._by_number[row.merchant], bytes(row.hash), mask_of(row.scopes), row.expires_at
            )
            for row in connection.execute(live)
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
            changed(connection)
        self.refresh()
        return added

    def set_status(self, number: MerchantNumber, status: str) -> None:
        """Suspends a merchant, or lets it take payments again. Raises MerchantInvalid for another status."""
        if status not in ("active", "suspended"):
            raise MerchantInvalid(f"a merchant is active or suspended, not {status!r}")
        with self._db.write() as connection:
            connection.execute(update(_merchants).where(_merchants.c.number == number).values(status=status))
            changed(connection)
        self.refresh()

    def create_key(
        self,
        merchant: MerchantNumber,
        kind: Kind,
        now_us: int,
        wanted: NewKey = PLAIN,
        by: Subject = OPERATOR,
    ) -> str:
        """A new API key, returned this once. Raises KeyInvalid, KeysFull; MerchantInvalid if there is no such
        merchant."""
        if merchant not in self._by_number:
            raise MerchantInvalid(f"there is no merchant number {merchant}")
        with self._db.write() as connection:
            _, key = api_keys.create(connection, merchant, kind, wanted, by, now_us)
        self.refresh()
        return key

    def revoke_key(self, merchant: MerchantNumber, shown: str, now_us: int, by: Subject = OPERATOR) -> int:
        """Revokes the merchant's keys that begin so; at once in this process. Returns how many there were."""
        with self._db.write() as connection:
            revoked = api_keys.revoke_shown(connection, merchant, shown, by, now_us)
        self.refresh()
        return revoked


def _check(merchant: NewMerchant) -> None:
    if merchant.currency not in BY_NUMBER:
        raise MerchantInvalid(f"{merchant.currency} is not the number of a currency")
    if not 0 <= merchant.fee_basis_points <= MAX_FEE_BASIS_POINTS:
        raise MerchantInvalid(f"a fee lies between 0 and {MAX_FEE_BASIS_POINTS} basis points")
    if not merchant.name.strip():
        raise MerchantInvalid("a merchant needs a name")
    if not is_visible(merchant.name):
        raise MerchantInvalid("a merchant's name has no control characters")
