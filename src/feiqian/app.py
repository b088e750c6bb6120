"""Opens a bank: locks its folder, recovers the ledger, has `composition` build its services. `serving` serves it."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Coroutine
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvloop

from feiqian import features
from feiqian.audit_log.log import AuditLog
from feiqian.backoffice import accounts_audit
from feiqian.clock import Clock, SteadyClock, SystemClock
from feiqian.composition import (
    add_access,
    add_activity,
    add_back_office,
    add_offline_codes,
    add_outbound,
    add_payments,
    add_products,
    add_quick_payments,
    add_statements,
    services_of,
)
from feiqian.customers import levels
from feiqian.customers.level_numbers import number_levels
from feiqian.db import BankDb
from feiqian.errors import JournalMissing
from feiqian.folder import FolderLock, check_mark, make_folder, open_to_others
from feiqian.ledger.journal import Journal
from feiqian.ledger.recovery import open_checkpoints, open_journal, open_ledger
from feiqian.ledger.start_time import DAY_SECONDS, StartTime
from feiqian.payments.code_keys import KeyFile
from feiqian.payments.codes import Codes
from feiqian.payments.read_model.reads import PaymentReads
from feiqian.policy.load import load_policy
from feiqian.projections.schema import check_read_models
from feiqian.projections.watch import Watch as ReadsWatch
from feiqian.runtime import logs
from feiqian.runtime.sweeping import Sweep, Sweeper
from feiqian.runtime.work import Pool
from feiqian.services import Services
from feiqian.serving import EXIT_STOPPED, Bank, Service, create_app
from feiqian.settings import Settings
from feiqian.web.server.listen import bind
from feiqian.workers.pool import Workers

if TYPE_CHECKING:
    from feiqian.web.application import Pages

_log = logs.get("feiqian.app")

__all__ = ["EXIT_STOPPED", "Bank", "Service", "Services", "build", "create_app", "run"]


def build(
    settings: Settings,
    *,
    create: bool = False,
    listen: bool = False,
    take_over: bool = False,
    accept_time: bool = False,
    clock: Clock | None = None,
    kind: str = "",
) -> Bank:
    """Locks and opens the data folder and recovers the ledger. `create` begins a new journal where there is none.

    First the lock, then (with `listen`) the port, and only then the fence: a server that cannot run takes nothing away
    from one that does. `take_over` is for a PostgreSQL journal whose writer hangs or is out of reach (`Journal.lock`).
    `accept_time` says that the clock is right, however far it is from the journal's newest moment. `kind` is what the
    folder was made for (`folder.mark`).
    Raises StartRefused, or LedgerError (and says what is wrong and where) rather than serve from a damaged journal.
    """
    folder = Path(settings.data)
    with ExitStack() as undo:
        lock = undo.enter_context(closing(lock_folder(settings, create=create)))
        check_mark(folder, kind)
        journal = open_journal(folder, settings.journal_url, create=create, standbys=settings.journal_standbys)
        undo.enter_context(closing(journal))
        journal.lock(take_over=take_over)
        sockets = [undo.enter_context(one) for one in bind(settings.host, settings.port)] if listen else []
        metrics = bind(settings.metrics_host, settings.metrics_port) if listen else []
        for one in metrics:
            undo.enter_context(one)
        clock = clock or SteadyClock(SystemClock(settings.zone), settings.clock_jump_seconds)
        bank = _open(settings, journal, clock, accept_time, lock, sockets, metrics)
        undo.pop_all()
    return bank


def lock_folder(settings: Settings, *, create: bool = False) -> FolderLock:
    """The lock of the data folder, and of the folder where its journal's file really is.

    Raises FolderLocked, and JournalMissing where one of the two is not there.
    """
    folder = Path(settings.data)
    if create or settings.journal_url:
        make_folder(folder)
    if not folder.is_dir():
        raise JournalMissing(f"there is no journal in {folder}: there is no such folder")
    if settings.journal_url:
        return FolderLock(folder)
    journal = settings.file("journal.db")
    behind = journal.resolve().parent
    if not behind.is_dir():
        raise JournalMissing(f"{journal} leads into {behind}, and there is no such folder: is its disk mounted?")
    return FolderLock(folder, behind)


def _open(
    settings: Settings,
    journal: Journal,
    clock: Clock,
    accept_time: bool,
    lock: FolderLock,
    *sockets: list[socket.socket],
) -> Bank:
    folder, policy = Path(settings.data), load_policy(settings.policy)
    if exposed := open_to_others(folder):
        _log.warning("data_folder_open_to_others", folder=str(folder), files=exposed, do="chmod go= the folder")
    check_read_models(journal, settings.read_location, features.read_models())
    checkpoints, key_file = open_checkpoints(folder, settings.journal_url), KeyFile(settings.code_keys, clock)
    # Codes that were paid with must not hold again when the journal's time is set back, and comes there once more.
    ahead_seconds = settings.clock_ahead_days * DAY_SECONDS
    start = StartTime(settings.clock_jump_seconds, ahead_seconds, accept_time, key_file.replace)
    ledger = open_ledger(journal, checkpoints, clock, commit_seconds=settings.journal_seconds, start=start)
    keys = key_file.open()
    db = BankDb(folder, settings.bank_url)
    with db.write() as connection:
        policy = number_levels(AuditLog(), connection, policy, clock.now())
    reads = PaymentReads(settings.read_location, settings.database_seconds, at_least=ledger.durable_position)
    services = services_of(settings, db, clock, policy, ledger, reads, Workers())
    add_payments(services, Codes(keys, services.customers.issuing))
    add_access(services)
    add_products(services)
    services.payments.choose_sources(services.sources.choose, services.sources.names)
    add_activity(services)
    add_offline_codes(services)
    add_statements(services)
    add_back_office(services)
    add_quick_payments(services)
    add_outbound(services, partial(open_journal, folder, settings.journal_url))
    _measure(services)
    _watch_for(services)
    audit_log, verification, strangers = services.audit_log, services.verification, services.strangers
    with db.write() as connection:
        levels.record_baseline(audit_log, connection, clock.now())
        accounts_audit.record_baseline(audit_log, connection, services.staff.members, clock.now())
        services.follower.begin(connection, journal)
    sweeper = Sweeper(db, clock, services.work, _sweeps(services))
    for held in (verification.sweeps.held, *strangers.held, services.quick_payments.kept.held):
        held.measure(services.metrics)
    reads_watch = ReadsWatch(services.all_reads, lambda: ledger.durable_position)
    reads_watch.measure(services.metrics)
    return Bank(services, journal, db, key_file, keys, sweeper, reads_watch, lock, *sockets)


def _sweeps(services: Services) -> tuple[Sweep, ...]:
    """What removes rows that count no more."""
    return (
        *services.verification.sweeps.all,
        *services.strangers.sweeps,
        services.public_quick.sweep,
        services.quick_payments.kept.sweep,
        services.quick_devices.sweep,
        services.payees.sweep,
        services.transfer_drafts.sweep,
        services.person_transfers.waiting.sweep,
        services.schedules.sweep,
        services.receive_codes.sweep,
        services.money_requests.sweep,
        services.splits.sweep,
        services.packet_drafts.sweep,
        services.packets_returning.sweep,
    )


def _measure(services: Services) -> None:
    metrics, ledger = services.metrics, services.ledger
    metrics.gauge("feiqian_journal_position", "Last durable row of the journal", lambda: ledger.durable_position)
    metrics.gauge("feiqian_ledger_stopped", "1 once nothing is decided any more", lambda: ledger.stopped is not None)
    services.outbox.measure(metrics)
    services.follower.measure(metrics)
    services.notify.measure(metrics)
    services.webhooks.measure(metrics)
    services.workers.measure(metrics)
    services.press.measure(metrics)
    services.uploads.measure(metrics)
    services.intents.measure(metrics)
    asked = services.identity.verifications
    metrics.gauge("feiqian_verifications", "Identities that a verifier is asked about", lambda: asked.under_way)
    services.alarms.add("verifications_full", "no more of them are taken", lambda: asked.full)
    waiters = services.payments.status_waiters
    services.alarms.watch("held_waits", "requests that wait for a customer to decide", waiters.places)
    services.alarms.watch("order_waits", "requests that wait until an order changes", services.orders.waiters.places)
    listeners = services.webhooks.listening.waiters.places
    services.alarms.watch("webhook_listeners", "requests that wait for an event", listeners)
    services.alarms.watch("open_orders", "orders that are open", services.orders.book.places)
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
    ready.add("clock_jumped", "the clock was set too far, and nothing is decided", ledger.look_at_clock)
    for pool in (work.database, *(reads.pool for reads in services.all_reads)):
        _watch_pool(services, pool)


def _watch_pool(services: Services, pool: Pool) -> None:
    metrics, name = services.metrics, pool.name
    metrics.gauge(f"feiqian_{name}_calls", f"Calls that wait or run ({name})", lambda: pool.under_way)
    metrics.counter(f"feiqian_{name}_refused", f"Calls that were refused ({name})", lambda: pool.refused)
    services.alarms.add(f"{name}_full", f"no more calls are taken ({name})", lambda: pool.full)


def run(
    settings: Settings,
    pages: Callable[[Services], Pages] | None = None,
    *,
    create: bool = False,
    take_over: bool = False,
    accept_time: bool = False,
) -> int:
    """Builds, serves and closes; blocks. Returns the process's exit code."""
    bank = build(settings, create=create, listen=True, take_over=take_over, accept_time=accept_time)
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
