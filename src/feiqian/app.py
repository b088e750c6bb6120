"""The composition root: builds every part of the bank, once, and serves it. Nothing else builds or knows all.

A ledger that has stopped ends the process (fail stop): what is under way is answered "outcome unknown", and the exit
code says that a restart is needed, which reads what is there.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import uvloop

from feiqian import logs, network
from feiqian.accounts.service import Accounts
from feiqian.api.asgi import PATHS, Api
from feiqian.api.listen import bind
from feiqian.api.metrics import CONNECTIONS, IN_FLIGHT, MetricsApp
from feiqian.api.pace import Paced
from feiqian.api.server import Gate, Server
from feiqian.api.throttle import Admission
from feiqian.cases.service import Cases
from feiqian.clock import Clock, SystemClock
from feiqian.customers import levels
from feiqian.customers.freezing import Freezing
from feiqian.customers.lost import LostPhones
from feiqian.customers.parts import Parts
from feiqian.customers.real_name import RealName
from feiqian.customers.recovery import Recovery
from feiqian.customers.registration import Registration
from feiqian.customers.registry import Customers
from feiqian.customers.security import Security
from feiqian.customers.sign_in import SignIn
from feiqian.data_key import data_key_of
from feiqian.db import BankDb
from feiqian.errors import CommitOverdue, JournalMissing, LedgerError
from feiqian.files import share_out
from feiqian.folder import FolderLock, make_folder, open_to_others
from feiqian.identity.screening import Sanctions
from feiqian.identity.service import Identity
from feiqian.identity.verifier import BuiltInVerifier
from feiqian.ledger.journal import Journal
from feiqian.ledger.ledger import Ledger
from feiqian.ledger.recovery import open_checkpoints, open_journal, open_ledger
from feiqian.merchants.registry import Merchants
from feiqian.notify.adapters import adapters_from
from feiqian.notify.service import Notify
from feiqian.payments.code_keys import KeyFile, KeyRing, KeysInvalid
from feiqian.payments.codes import Codes
from feiqian.payments.service import Payments
from feiqian.policy.load import load_policy
from feiqian.policy.model import Policy
from feiqian.projections.reads import Reads
from feiqian.projections.schema import check_read_model
from feiqian.projections.watch import Watch as ReadsWatch
from feiqian.services import Services
from feiqian.sessions.service import Sessions
from feiqian.settings import Settings
from feiqian.staff import accounts_audit
from feiqian.staff.acts import Acts
from feiqian.staff.changes import Changes
from feiqian.staff.desk import Desk, DeskParts
from feiqian.staff.service import Staff
from feiqian.supervise import Child
from feiqian.sweeping import Sweeper
from feiqian.trail.trail import Trail
from feiqian.uploads import Uploads
from feiqian.verification.factors import Factors
from feiqian.verification.service import Verification
from feiqian.work import CLOSE_SECONDS, Pool, TooBusy, Work, WorkOverdue
from feiqian.workers.pool import Workers

EXIT_STOPPED = 70  # the ledger stopped; sysexits' "internal software error"
WATCH_SECONDS, KEYS_SECONDS, JOURNAL_SECONDS = 0.1, 1.0, 0.5

Asgi = Callable[[MutableMapping[str, Any], Any, Any], Awaitable[None]]
_log = logs.get("feiqian.app")

__all__ = ["Bank", "Service", "Services", "build", "create_app", "run"]


@dataclass(slots=True)
class Bank:
    """The services with what must be closed in order after the last answer."""

    services: Services
    journal: Journal
    db: BankDb
    key_file: KeyFile
    keys: KeyRing
    sweeper: Sweeper
    reads_watch: ReadsWatch
    lock: FolderLock
    sockets: list[socket.socket]  # bound, and not listened on yet; none where it is not served
    metrics_sockets: list[socket.socket]

    def close(self) -> bool:
        """Returns whether all has ended: what waits for a database that stands still does not, and is left as it is."""
        services = self.services
        if services.ledger.stopped is None:
            try:
                services.ledger.commit(CLOSE_SECONDS)
            except CommitOverdue:
                return False
        services.ledger.close()
        ended = [services.reads.close(), services.work.close(), services.merchants.close()]
        services.workers.close()
        if not all(ended):
            return False
        self.journal.close()
        self.db.close()
        self.lock.close()
        return True


def build(settings: Settings, *, create: bool = False, listen: bool = False, take_over: bool = False) -> Bank:
    """Locks and opens the data folder and recovers the ledger. `create` begins a new journal where there is none.

    First the lock, then (with `listen`) the port, and only then the fence: a server that cannot run takes nothing away
    from one that does. `take_over` is for a PostgreSQL journal whose writer hangs or is out of reach (`Journal.lock`).
    Raises StartRefused, or LedgerError (and says what is wrong and where) rather than serve from a damaged journal.
    """
    folder = Path(settings.data)
    with ExitStack() as undo:
        lock = undo.enter_context(closing(lock_folder(settings, create=create)))
        journal = open_journal(folder, settings.journal_url, create=create, standbys=settings.journal_standbys)
        undo.enter_context(closing(journal))
        journal.lock(take_over=take_over)
        sockets = [undo.enter_context(one) for one in bind(settings.host, settings.port)] if listen else []
        metrics = bind(settings.metrics_host, settings.metrics_port) if listen else []
        for one in metrics:
            undo.enter_context(one)
        bank = _open(settings, journal, lock, sockets, metrics)
        undo.pop_all()
    return bank


def lock_folder(settings: Settings, *, create: bool = False) -> FolderLock:
    """The lock of the data folder, and of the folder where its journal's file really is. Raises FolderLocked."""
    folder = Path(settings.data)
    if create or settings.journal_url:
        make_folder(folder)
    if not folder.is_dir():
        raise JournalMissing(f"there is no journal in {folder}: there is no such folder")
    if settings.journal_url:
        return FolderLock(folder)
    return FolderLock(folder, settings.file("journal.db").resolve().parent)


def _open(settings: Settings, journal: Journal, lock: FolderLock, *sockets: list[socket.socket]) -> Bank:
    folder, clock = Path(settings.data), SystemClock(settings.zone)
    if exposed := open_to_others(folder):
        _log.warning("data_folder_open_to_others", folder=str(folder), files=exposed, do="chmod go= the folder")
    check_read_model(journal, settings.read_location)
    policy = load_policy(settings.policy)
    checkpoints = open_checkpoints(folder, settings.journal_url)
    ledger = open_ledger(journal, checkpoints, clock, commit_seconds=settings.journal_seconds)
    key_file = KeyFile(settings.code_keys, clock)
    keys = key_file.open()
    workers = Workers()
    base = _base(settings, clock, BankDb(folder, settings.bank_url), policy, ledger, workers)
    reads = Reads(settings.read_location, settings.database_seconds, at_least=ledger.durable_position)
    services = _services(settings, base, workers, ledger, Codes(keys, base.customers.issuing), reads)
    _measure(services)
    _watch_for(services)
    with base.db.write() as connection:
        levels.record_baseline(base.trail, connection, clock.now())
        accounts_audit.record_baseline(base.trail, connection, services.staff.members, clock.now())
    sweeper = Sweeper(base.db, clock, base.work, (*base.verification.sweeps.all, *base.strangers.sweeps))
    for held in (base.verification.sweeps.held, *base.strangers.held):
        held.measure(services.metrics)
    reads_watch = ReadsWatch(reads, lambda: ledger.durable_position)
    reads_watch.measure(services.metrics)
    return Bank(services, journal, base.db, key_file, keys, sweeper, reads_watch, lock, *sockets)


def _base(settings: Settings, clock: Clock, db: BankDb, policy: Policy, ledger: Ledger, workers: Workers) -> Parts:
    """What the features of people stand on."""
    sealer, work = data_key_of(db, settings.data_key), Work(settings.database_seconds)
    customers, trail = Customers(db, sealer), Trail(db)
    adapters = adapters_from(settings, db, sealer, clock, work)
    forget = lambda connection, message: customers.profiles.forget_push(connection, message.address)  # noqa: E731
    notify = Notify(db, sealer, policy, clock, work, adapters, gone=forget, customers=lambda: customers.count)
    sessions = Sessions(db, policy, clock, work)
    sanctions = Sanctions(Path(settings.sanctions)) if settings.sanctions else Sanctions()
    verifier = BuiltInVerifier(policy.identity, sanctions)
    factors = Factors(db, sealer, policy, clock, work, notify, customers, settings.public_origin)
    return Parts(
        db=db,
        sealer=sealer,
        policy=policy,
        clock=clock,
        work=work,
        customers=customers,
        accounts=Accounts(ledger, policy),
        trail=trail,
        cases=Cases(db, trail, sealer),
        notify=notify,
        sessions=sessions,
        identity=Identity(db, sealer, clock, work, verifier, workers, settings.zone),
        verification=Verification(db, sealer, policy, clock, work, factors, sessions),
        factors=factors,
        zone=ZoneInfo(settings.zone),
    )


def _services(
    settings: Settings, base: Parts, workers: Workers, ledger: Ledger, codes: Codes, reads: Reads
) -> Services:
    """The features themselves."""
    db, clock, work, customers, trail = base.db, base.clock, base.work, base.customers, base.trail
    merchants = Merchants(db, settings.mode, ask_seconds=settings.database_seconds)
    accounts, verification = base.accounts, base.verification
    real_name, freezing = RealName(base), Freezing(base)
    staff = Staff(db, base.sealer, clock, work, trail, base.sessions, verification, base.factors)
    acts = Acts(db, base.policy, clock, work, customers, accounts, real_name, freezing, verification, staff.members)
    desk = DeskParts(**_shared(base, DeskParts), freezing=freezing, reads=reads)
    return Services(
        **_shared(base, Services),
        settings=settings,
        workers=workers,
        uploads=Uploads(Path(settings.data)),
        ledger=ledger,
        payments=Payments(
            ledger,
            codes,
            clock,
            customers,
            reads,
            base.policy,
            merchants,
            verification,
            settings.in_flight_limit,
            work,
        ),
        merchants=merchants,
        reads=reads,
        codes=codes,
        registration=Registration(base),
        sign_in=SignIn(base),
        recovery=Recovery(base),
        security=Security(base),
        lost_phones=LostPhones(base),
        real_name=real_name,
        freezing=freezing,
        staff=staff,
        changes=Changes(db, base.sealer, clock, work, trail, staff.members, acts, verification),
        desk=Desk(desk),
    )


def _shared(base: Parts, what: type[Any]) -> dict[str, Any]:
    """What the other dataclass has, by the same names, of the base."""
    return {field.name: getattr(base, field.name) for field in fields(what) if hasattr(base, field.name)}


def _measure(services: Services) -> None:
    metrics, ledger = services.metrics, services.ledger
    metrics.gauge("feiqian_journal_position", "Last durable row of the journal", lambda: ledger.durable_position)
    metrics.gauge("feiqian_ledger_stopped", "1 once nothing is decided any more", lambda: ledger.stopped is not None)
    services.notify.measure(metrics)
    services.workers.measure(metrics)
    services.uploads.measure(metrics)
    services.identity.judges.measure(metrics)
    services.alarms.watch("held_waits", "requests that wait for a customer to decide", services.payments.waits.places)
    services.alarms.watch("read_waits", "requests that wait for the read model", services.reads.waiting_for_it)
    services.work.measure(metrics)
    services.payments.measure(metrics)
    metrics.counter("feiqian_payments", "Payments answered", lambda: services.live.count)


def _watch_for(services: Services) -> None:
    """The alarms of the parts that are built here; others add theirs."""
    metrics, ledger, work = services.metrics, services.ledger, services.work
    ready = services.readiness
    ready.add("ledger_stopped", "the ledger has stopped; a restart is needed", lambda: ledger.stopped is not None)
    ready.add("journal_overdue", "the journal does not answer, and nothing is decided", lambda: ledger.overdue)
    metrics.counter("feiqian_journal_overdue", "Commits that were overdue", lambda: ledger.overdue_times)
    for pool in (work.database, services.reads.pool):
        _watch_pool(services, pool)


def _watch_pool(services: Services, pool: Pool) -> None:
    metrics, name = services.metrics, pool.name
    metrics.gauge(f"feiqian_{name}_calls", f"Calls that wait or run ({name})", lambda: pool.under_way)
    metrics.counter(f"feiqian_{name}_refused", f"Calls that were refused ({name})", lambda: pool.refused)
    services.alarms.add(f"{name}_full", f"no more calls are taken ({name})", lambda: pool.full)


def create_app(services: Services, admission: Admission | None = None, pages: Asgi | None = None) -> Asgi:
    """One ASGI application: the API where its paths are, the pages everywhere else."""
    if admission is None:
        admission = services.payments.admission
    else:
        services.payments.admission = admission
    services.alarms.watch("in_flight", "payments under way", admission)
    services.metrics.counter("feiqian_overload_refusals", "Requests refused over capacity", lambda: admission.refused)
    api = Api(services, admission)
    services.alarms.watch("page_requests", "requests for pages and of customers under way", api.turns.places)
    if pages is None:
        return api
    pages = Paced(pages, api.turns)

    async def app(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        await (api if scope["path"].startswith(PATHS) else pages)(scope, receive, send)

    return app


class Pages(Protocol):
    """An ASGI application whose live pages can be ended, so that a server that stops waits for no browser."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...

    def close(self) -> None: ...


class Service:
    """A served bank: its server, its children, and what ends it."""

    def __init__(self, bank: Bank, pages: Pages | None = None) -> None:
        settings = bank.services.settings
        self.bank, self._pages = bank, pages
        self.admission = Admission(settings.in_flight_limit)
        self.files = share_out(settings.connection_limit)
        self.gate = Gate(self.admission, self.files.connections, network.Proxies(settings.trusted_proxies))
        app = create_app(bank.services, self.admission, pages)
        self.server = Server(app, self.gate, settings.host, settings.port)
        gate, metrics = Gate(Admission(IN_FLIGHT), CONNECTIONS), MetricsApp(bank.services.metrics)
        self.metrics_server = Server(metrics, gate, settings.metrics_host, settings.metrics_port, name="metrics")
        self._watch_for()
        environment = settings.environment()
        self.children = [
            Child("projector", ["project", "--child"], environment),
            Child("checkpointer", ["checkpoint", "--child"], environment),
        ]

    def _watch_for(self) -> None:
        services, files = self.bank.services, self.files
        few = f"{files.connections} connections are taken: more open files are not allowed"
        wanted = services.settings.connection_limit
        services.alarms.add("files_few", few, lambda: files.connections < wanted)
        services.alarms.add("files_full", "hardly any file can be opened", lambda: files.full)
        services.metrics.gauge("feiqian_files_open", "Files that are open", lambda: files.open)
        services.metrics.gauge("feiqian_files_limit", "Files that may be open", lambda: files.limit)
        what, merchants = "the bank's database does not answer, and no key is honoured", services.merchants
        services.readiness.add("merchants_unknown", what, lambda: merchants.unanswered)

    async def run(self) -> int:
        """Serves until SIGTERM, SIGINT or the end of the ledger. Returns the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        for child in self.children:
            child.start()
        metrics = loop.create_task(self.metrics_server.serve(sockets=self.bank.metrics_sockets or None))
        # What is built now stays: the collector need not look at it, and not at payments under way all the time.
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 50)
        services = self.bank.services
        services.workers.start()
        services.alarms.watch("connections", "open connections", self.gate.places)
        await self._complete()
        watches = [loop.create_task(_told(task)) for task in self._beside()]
        try:
            await self.server.serve(sockets=self.bank.sockets or None)
        finally:
            self.metrics_server.should_exit = True
            await metrics
            for watch in watches:
                watch.cancel()
            await asyncio.gather(*watches, return_exceptions=True)
            for child in self.children:
                await child.stop()
        return 0 if self.bank.services.ledger.stopped is None else EXIT_STOPPED

    def _beside(self) -> list[Coroutine[Any, Any, None]]:
        """What runs beside the server."""
        services = self.bank.services
        watches = [self._watch_ledger(), self._watch_journal(), self._watch_keys(), services.alarms.run()]
        features = services.notify.run(), services.payments.run(), services.merchants.run()
        bank = self.bank
        beside = services.lost_phones.run(), bank.sweeper.run(), bank.reads_watch.run(), services.metrics.lag.run()
        return [*watches, *features, *beside]

    async def _complete(self) -> None:
        """Carries out what was decided in the bank's database and has not reached the ledger."""
        await self.bank.services.real_name.resume()
        await self.bank.services.changes.resume()

    def stop(self) -> None:
        if self._pages is not None:
            self._pages.close()
        self.bank.services.payments.waits.close()  # merchants' requests that wait for a customer
        self.server.should_exit = True

    async def _watch_ledger(self) -> None:
        ledger = self.bank.services.ledger
        while ledger.stopped is None:
            await asyncio.sleep(WATCH_SECONDS)
            ledger.check_place()
        _log.critical("ledger_stopped", why=repr(ledger.stopped), position=ledger.durable_position)
        await asyncio.sleep(WATCH_SECONDS)  # those who waited for the failed commit are told first
        self.stop()

    async def _watch_journal(self) -> None:
        """Probes an idle journal; when it answers again after all, completes what was refused in between."""
        ledger, completed = self.bank.services.ledger, 0
        while ledger.stopped is None:
            await asyncio.sleep(JOURNAL_SECONDS)
            await ledger.deciding()
            ledger.probe()
            times = ledger.overdue_times
            if times != completed:
                try:
                    await self._complete()
                except Exception:
                    _log.exception("not_completed")  # and tried again
                else:
                    completed = times

    async def _watch_keys(self) -> None:
        """Takes up keys of payment codes that `feiqian keys rotate-codes` has changed."""
        file, read = self.bank.key_file, self.bank.services.work.db
        seen = await read(file.modified)
        while True:
            await asyncio.sleep(KEYS_SECONDS)
            try:
                changed = await read(file.modified)
                if changed != seen:
                    self.bank.keys.take(await read(file.open))
                    _log.info("code_keys_taken_up", issuing=self.bank.keys.issuing)
            except (TooBusy, WorkOverdue):
                continue  # the alarm of the pool tells
            except (KeysInvalid, OSError) as error:
                _log.error("code_keys_not_taken_up", why=str(error))
            else:
                seen = changed


async def _told(task: Coroutine[Any, Any, None]) -> None:
    """Runs what goes on beside the server; should it end by an error, that is told."""
    try:
        await task
    except LedgerError:
        return  # `_watch_ledger` tells, and ends the process
    except Exception:
        _log.exception("background_task_failed", task=getattr(task, "__qualname__", ""))


def run(
    settings: Settings,
    pages: Callable[[Services], Pages] | None = None,
    *,
    create: bool = False,
    take_over: bool = False,
) -> int:
    """Builds, serves and closes; blocks. Returns the process's exit code."""
    bank = build(settings, create=create, listen=True, take_over=take_over)
    return run_until_closed(bank, lambda: _serve(bank, pages))


def run_until_closed(bank: Bank, serve: Callable[[], Coroutine[Any, Any, int]]) -> int:
    """Serves and closes. Returns the exit code, unless a thread still waits for a database: then the process ends here.

    Python would wait for that thread without end; what the database makes of it the next start reads.
    """
    code = EXIT_STOPPED
    try:
        code = uvloop.run(serve())
    finally:
        if not bank.close():
            _log.critical("ended_without_an_answer", why="a database stands still", exit_code=code or EXIT_STOPPED)
            logging.shutdown()
            os._exit(code or EXIT_STOPPED)
    return code


async def _serve(bank: Bank, pages: Callable[[Services], Pages] | None) -> int:
    service = Service(bank, pages(bank.services) if pages is not None else None)
    return await service.run()
