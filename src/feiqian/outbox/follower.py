"""Turns facts of the journal into deliveries, once each, whatever ends the process: "the follower".

How far it has come stands in the bank's database, and is moved in the transaction that adds the deliveries. No read
model has a part in it. What becomes durable is kept in memory for a moment if it concerns anybody; at a start, and
whenever that was too much or failed, the journal is read after that position. A fact that cannot be told holds up no
other: it becomes a delivery of its own, to be told again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import islice

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import InterfaceError, OperationalError

from feiqian.clock import DAY, Clock
from feiqian.db import BankDb
from feiqian.events import decode_fact, tag_of, tag_of_kind
from feiqian.ids import DELIVERY, new_id
from feiqian.ledger.body import decode_body
from feiqian.ledger.journal import Journal
from feiqian.ledger.ledger import Ledger
from feiqian.outbox.model import Claimed, Delivery, Origin, Outbound, Schedule, Topic
from feiqian.outbox.service import Outbox
from feiqian.outbox.tables import journal_position
from feiqian.runtime import logs
from feiqian.runtime.alarms import Alarm
from feiqian.runtime.metrics import Metrics
from feiqian.runtime.transactions import Transactions
from feiqian.runtime.work import Work

MOST_KEPT = 1_000  # facts in memory; beyond it the journal is read
AT_ONCE = 50  # facts that are told in one transaction, and those of the last one's row
ROWS_AT_ONCE = 500  # of the journal that are read for one transaction
STORE_SECONDS = 5.0  # a position that moved without deliveries is stored so often; also after a failure
CAUGHT_UP_SECONDS = 0.02  # between looks of who waits for it
UNTOLD = "journal"  # the topic of facts that could not be told
UNTOLD_SCHEDULE = Schedule((60, 600, 3_600, 6 * 3_600, 24 * 3_600))
KEEP_UNTOLD = 30 * DAY

_ONE = 1  # the position's only row
_c = journal_position.c
_log = logs.get("feiqian.outbox")
Told = tuple[Origin, bytes]  # a fact, and where it stands
End = tuple[int, bytes]  # a row's position and hash


class Follower:
    """One for a bank: whoever decides runs it. `reader` opens the journal for reading, in a thread."""

    def __init__(
        self,
        outbox: Outbox,
        outbounds: Sequence[Outbound],
        ledger: Ledger,
        reader: Callable[[], Journal],
        db: BankDb,
        clock: Clock,
        work: Work,
    ) -> None:
        self._outbox, self._ledger, self._reader = outbox, ledger, reader
        self._tell_by(outbounds)
        self._db, self._clock, self._work, self._transactions = db, clock, work, Transactions(db, work)
        self._kept: list[tuple[Told, bytes]] = []  # with the hash of its row
        self._behind = True  # the journal has to be read
        self._stored = 0  # the position in the database
        self._woken = asyncio.Event()
        self.failing = Alarm("outbox_not_following")
        outbox.declare(Topic(UNTOLD, _Untold(self), UNTOLD_SCHEDULE))

    def _tell_by(self, outbounds: Sequence[Outbound]) -> None:
        """From now on these tell."""
        self._outbounds = {outbound.name: outbound for outbound in outbounds}
        self._by_tag: dict[bytes, list[Outbound]] = {}
        for outbound in outbounds:
            for kind in outbound.kinds:
                self._by_tag.setdefault(tag_of_kind(kind), []).append(outbound)

    def begin(self, connection: Connection, journal: Journal) -> None:
        """When the bank is opened, once: from here on it hears of each commit. Where there is no position, or one of
        another journal, what is there already is old and is not told."""
        end = self._ledger.durable_position, self._ledger.durable_hash
        row = connection.execute(select(_c.position, _c.hash)).first()
        if row is None:
            connection.execute(insert(journal_position).values(id=_ONE, position=end[0], hash=end[1]))
        elif journal.hash_at(row.position) != bytes(row.hash):
            _log.error("outbox_journal_differs", position=row.position, goes_on_from=end[0])
            connection.execute(update(journal_position).values(position=end[0], hash=end[1]))
        self._ledger.subscribe(self._on_row)

    def measure(self, metrics: Metrics) -> None:
        """What /metrics shows."""
        help = "Rows of the journal after the last one whose deliveries are known to be stored"
        metrics.gauge("feiqian_outbox_journal_rows", help, lambda: self._ledger.durable_position - self._stored)
        self.failing.measure(metrics, "what the journal says cannot be turned into deliveries")

    async def run(self) -> None:
        """Follows until cancelled. Trouble with a database is waited out."""
        try:
            while True:
                if not await self._follow_calmly():
                    await asyncio.sleep(STORE_SECONDS)
                    continue
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(STORE_SECONDS):
                        await self._woken.wait()
        finally:
            if not self._behind:
                await self._follow_calmly()

    def _on_row(self, position: int, facts: list[bytes]) -> None:
        """Called for every commit: nothing here may take long, or raise."""
        try:
            for number, fact in enumerate(facts):
                for outbound in self._by_tag.get(tag_of(fact), ()):
                    if outbound.concerns(fact):
                        self._keep(Origin(position, number), fact)
                        break
        except Exception:  # it is read again, and set aside if need be
            self._behind = True
            self._woken.set()

    def _keep(self, origin: Origin, fact: bytes) -> None:
        if len(self._kept) < MOST_KEPT:
            self._kept.append(((origin, fact), self._ledger.durable_hash))
        else:
            self._behind = True
        self._woken.set()

    async def _follow_calmly(self) -> bool:
        self._woken.clear()
        try:
            await self.follow()
        except Exception as error:
            self.failing.set(True, why=type(error).__name__)
            return False
        self.failing.set(False)
        return True

    async def caught_up(self) -> None:
        """Returns once the deliveries of all that is durable now are stored by `run`."""
        wanted = self._ledger.durable_position
        while self._stored < wanted:
            self._woken.set()
            await asyncio.sleep(CAUGHT_UP_SECONDS)

    async def follow(self) -> None:
        """Adds the deliveries of all that is durable now. What ends it leaves what was kept to be read again."""
        try:
            while self._behind:
                await self._catch_up()
            await self._add_kept()
        except BaseException:
            self._behind = True  # whether it was done the database knows
            raise

    async def _add_kept(self) -> None:
        kept, self._kept = self._kept, []
        end = self._ledger.durable_position, self._ledger.durable_hash
        while kept:
            count = _whole_rows(kept, AT_ONCE)
            told, row_hash = [one for one, _ in kept[:count]], kept[count - 1][1]
            kept = kept[count:]
            await self._transactions.write(self._add, told, (told[-1][0].position, row_hash) if kept else end)
        if end[0] > self._stored:
            await self._transactions.write(self._add, [], end)

    async def _catch_up(self) -> None:
        # From here to the end of these lines nothing awaits: rows after `end` are kept by `_on_row`.
        self._behind = False
        self._kept.clear()
        end = self._ledger.durable_position
        while await self._work.db(self._read_some, end):
            pass

    def _read_some(self, end: int) -> bool:
        """Whether there is more to read."""
        with self._db.read() as connection:
            stored = self._stored = connection.execute(select(_c.position)).scalar_one()
        with closing(self._reader()) as journal:
            rows = list(islice(journal.rows(stored), max(0, min(ROWS_AT_ONCE, end - stored))))
        if not rows:
            return False
        facts = [(Origin(row.position, n), fact) for row in rows for n, fact in enumerate(decode_body(row.body).facts)]
        with self._db.write() as connection:
            self._add(connection, facts, (rows[-1].position, rows[-1].hash))
        return rows[-1].position < end

    def _add(self, connection: Connection, facts: Sequence[Told], end: End) -> None:
        """The deliveries of these facts, and that all up to the row is done."""
        now = self._clock.now()
        for outbound in self._outbounds.values():
            concerned = self._concerned(connection, outbound, facts)
            if outbound.together and self._tell(connection, outbound, concerned, now) is None:
                continue
            for told in concerned:
                if (error := self._tell(connection, outbound, [told], now)) is not None:
                    self._set_aside(connection, outbound, told, error)
        forward = update(journal_position).where(_c.position < end[0])
        connection.execute(forward.values(position=end[0], hash=end[1]))
        self._stored = max(self._stored, end[0])

    def _concerned(self, connection: Connection, outbound: Outbound, facts: Sequence[Told]) -> list[Told]:
        concerned = []
        for told in facts:
            try:
                if outbound in self._by_tag.get(tag_of(told[1]), ()) and outbound.concerns(told[1]):
                    concerned.append(told)
            except Exception as error:
                self._set_aside(connection, outbound, told, error)
        return concerned

    def _tell(self, connection: Connection, outbound: Outbound, told: Sequence[Told], now: int) -> Exception | None:
        """Adds their deliveries; what is wrong, if none was added. Raises what is the database's trouble."""
        if not told:
            return None
        try:
            with connection.begin_nested():
                outbound.tell_all(connection, [(decode_fact(fact), origin) for origin, fact in told], now)
        except (OperationalError, InterfaceError, OSError):
            raise
        except Exception as error:
            return error
        return None

    def _set_aside(self, connection: Connection, outbound: Outbound, told: Told, error: Exception) -> None:
        origin, fact = told
        now, about = self._clock.now(), str(origin)
        _log.error("fact_not_told", outbound=outbound.name, position=origin.position, why=type(error).__name__)
        delivery = Delivery(
            id=new_id(DELIVERY, now),
            topic=UNTOLD,
            kind=outbound.name,
            receiver="",
            about=about,
            payload=fact,
            expires_at=now + KEEP_UNTOLD,
            once=f"{about}/{outbound.name}",
        )
        self._outbox.add(connection, delivery, now)

    async def tell_again(self, claimed: Claimed) -> None:
        """Tells a fact that was set aside. Raises whatever is wrong with it; KeyError if nobody tells such any more."""
        outbound = self._outbounds[claimed.kind]
        _, position, number = claimed.about.split("/")
        origin, fact = Origin(int(position), int(number)), decode_fact(claimed.payload)
        await self._transactions.write(outbound.tell, fact, origin, self._clock.now())


class _Untold:
    """The sender of facts that could not be told: it tells them."""

    def __init__(self, follower: Follower) -> None:
        self.send = follower.tell_again

    async def close(self) -> None:
        """Nothing is open."""


def _whole_rows(kept: Sequence[tuple[Told, bytes]], count: int) -> int:
    """How many of these facts to take, about so many, so that the last one's row is whole."""
    while count < len(kept) and kept[count][0][0].position == kept[count - 1][0][0].position:
        count += 1
    return min(count, len(kept))
