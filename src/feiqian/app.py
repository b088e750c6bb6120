"""The composition root: builds every part of the bank, once, and serves it. Nothing else builds or knows all.

A ledger that has stopped ends the process (fail stop): what is under way is answered "outcome unknown", and the exit
code says that a restart is needed, which reads what is there.
"""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import uvloop

from feiqian import logs, network
from feiqian.accounts.service import Accounts
from feiqian.api.asgi import PATHS, Api
from feiqian.api.server import Gate, Server
from feiqian.api.throttle import Admission
from feiqian.cases.service import Cases
from feiqian.clock import Clock, SystemClock
from feiqian.customers import levels
from feiqian.customers.freezing import Freezing
from feiqian.customers.parts import Parts
from feiqian.customers.real_name import RealName
from feiqian.customers.recovery import Recovery
from feiqian.customers.registration import Registration
from feiqian.customers.registry import Customers
from feiqian.customers.security import Security
from feiqian.customers.sign_in import SignIn
from feiqian.data_key import data_key_of
from feiqian.db import BankDb
from feiqian.errors import LedgerError
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
from feiqian.verification.factors import Factors
from feiqian.verification.service import Verification
from feiqian.work import Work

EXIT_STOPPED = 70  # the ledger stopped; sysexits' "internal software error"
WATCH_SECONDS, KEYS_SECONDS = 0.1, 1.0

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

    def close(self) -> None:
        services = self.services
        if services.ledger.stopped is None:
            services.ledger.commit()
        services.ledger.close()
        services.reads.close()
        services.work.close()
        self.journal.close()
        self.db.close()


def build(settings: Settings, *, create: bool = False) -> Bank:
    """Opens the data folder and recovers the ledger. `create` begins a new journal where there is none.

    Raises LedgerError (and says what is wrong and where) rather than serve from a damaged journal.
    """
    folder = Path(settings.data)
    clock = SystemClock(settings.zone)
    journal = open_journal(folder, settings.journal_url, create=create, standbys=settings.journal_standbys)
    check_read_model(journal, settings.read_location)
    policy = load_policy(settings.policy)
    ledger = open_ledger(journal, open_checkpoints(folder, settings.journal_url), clock)
    key_file = KeyFile(settings.code_keys)
    keys = key_file.open()
    base = _base(settings, clock, BankDb(folder, settings.bank_url), policy, ledger)
    services = _services(settings, base, ledger, Codes(keys), Reads(settings.read_location))
    _measure(services)
    with base.db.write() as connection:
        levels.record_baseline(base.trail, connection, clock.now())
        accounts_audit.record_baseline(base.trail, connection, services.staff.members, clock.now())
    sweeper = Sweeper(base.db, clock, base.work, (*base.verification.sweeps.all, *base.strangers.sweeps))
    held = base.verification.sweeps.held, base.strangers.held_doors, base.strangers.held_applications
    for one in held:
        one.measure(services.metrics)
    return Bank(services, journal, base.db, key_file, keys, sweeper)


def _base(settings: Settings, clock: Clock, db: BankDb, policy: Policy, ledger: Ledger) -> Parts:
    """What the features of people stand on."""
    sealer, work = data_key_of(db, settings.data_key), Work()
    customers, trail = Customers(db, sealer), Trail(db)
    adapters = adapters_from(settings, db, sealer, clock, work)
    forget = lambda connection, message: customers.profiles.forget_push(connection, message.address)  # noqa: E731
    notify = Notify(db, sealer, policy, clock, work, adapters, gone=forget)
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
        identity=Identity(db, sealer, clock, work, verifier, settings.zone),
        verification=Verification(db, sealer, policy, clock, work, factors),
        factors=factors,
        zone=ZoneInfo(settings.zone),
    )


def _services(settings: Settings, base: Parts, ledger: Ledger, codes: Codes, reads: Reads) -> Services:
    """The features themselves."""
    db, clock, work, customers, trail = base.db, base.clock, base.work, base.customers, base.trail
    merchants, accounts, verification = Merchants(db, settings.mode), base.accounts, base.verification
    real_name, freezing = RealName(base), Freezing(base)
    staff = Staff(db, base.sealer, clock, work, trail, base.sessions, verification, base.factors)
    acts = Acts(db, base.policy, clock, work, customers, accounts, real_name, freezing, verification, staff.members)
    desk = DeskParts(**_shared(base, DeskParts), freezing=freezing, reads=reads)
    return Services(
        **_shared(base, Services),
        settings=settings,
        ledger=ledger,
        payments=Payments(ledger, codes, clock, customers, reads, base.policy, merchants, verification),
        merchants=merchants,
        reads=reads,
        codes=codes,
        registration=Registration(base),
        sign_in=SignIn(base),
        recovery=Recovery(base),
        security=Security(base),
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
    metrics, ledger, reads = services.metrics, services.ledger, services.reads
    metrics.gauge("feiqian_journal_position", "Last durable row of the journal", lambda: ledger.durable_position)
    metrics.gauge("feiqian_ledger_stopped", "1 once nothing is decided any more", lambda: ledger.stopped is not None)
    behind = lambda: max(0, ledger.durable_position - reads.position)  # noqa: E731
    metrics.gauge("feiqian_projector_rows_behind", "Journal rows that the read model lacks", behind)
    services.notify.measure(metrics)
    metrics.counter("feiqian_payments", "Payments answered", lambda: services.live.count)


def create_app(services: Services, admission: Admission | None = None, pages: Asgi | None = None) -> Asgi:
    """One ASGI application: the API where its paths are, the pages everywhere else."""
    admission = admission or Admission(services.settings.in_flight_limit)
    services.metrics.gauge("feiqian_in_flight", "Payments under way", lambda: admission.in_flight)
    services.metrics.counter("feiqian_overload_refusals", "Requests refused over capacity", lambda: admission.refused)
    api = Api(services, admission)
    if pages is None:
        return api

    async def app(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        network.client.set(network.network_of((scope.get("client") or ("",))[0]))
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
        self.gate = Gate(self.admission, settings.connection_limit)
        app = create_app(bank.services, self.admission, pages)
        self.server = Server(app, self.gate, settings.host, settings.port)
        environment = settings.environment()
        self.children = [
            Child("projector", ["project", "--child"], environment),
            Child("checkpointer", ["checkpoint", "--child"], environment),
        ]

    async def run(self) -> int:
        """Serves until SIGTERM, SIGINT or the end of the ledger. Returns the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        for child in self.children:
            child.start()
        # What is built now stays: the collector need not look at it, and not at payments under way all the time.
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 50)
        services = self.bank.services
        await services.real_name.resume()
        await services.changes.resume()
        features = services.notify.run(), services.payments.run(), self.bank.sweeper.run()
        tasks = self._watch_ledger(), self._watch_keys(), *features
        watches = [loop.create_task(_told(task)) for task in tasks]
        try:
            await self.server.serve()
        finally:
            for watch in watches:
                watch.cancel()
            await asyncio.gather(*watches, return_exceptions=True)
            for child in self.children:
                await child.stop()
        return 0 if self.bank.services.ledger.stopped is None else EXIT_STOPPED

    def stop(self) -> None:
        if self._pages is not None:
            self._pages.close()
        self.bank.services.payments.waits.close()  # merchants' requests that wait for a customer
        self.server.should_exit = True

    async def _watch_ledger(self) -> None:
        ledger = self.bank.services.ledger
        while ledger.stopped is None:
            await asyncio.sleep(WATCH_SECONDS)
        _log.critical("ledger_stopped", why=repr(ledger.stopped), position=ledger.durable_position)
        await asyncio.sleep(WATCH_SECONDS)  # those who waited for the failed commit are told first
        self.stop()

    async def _watch_keys(self) -> None:
        """Takes up keys of payment codes that `feiqian keys rotate-codes` has changed."""
        file = self.bank.key_file
        seen = file.modified()
        while True:
            await asyncio.sleep(KEYS_SECONDS)
            try:
                changed = file.modified()
                if changed != seen:
                    self.bank.keys.take(file.open())
                    _log.info("code_keys_taken_up", issuing=self.bank.keys.issuing)
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


def run(settings: Settings, pages: Callable[[Services], Pages] | None = None, *, create: bool = False) -> int:
    """Builds, serves and closes; blocks. Returns the process's exit code."""
    bank = build(settings, create=create)
    try:
        return uvloop.run(_serve(bank, pages))
    finally:
        bank.close()


async def _serve(bank: Bank, pages: Callable[[Services], Pages] | None) -> int:
    service = Service(bank, pages(bank.services) if pages is not None else None)
    return await service.run()
