"""Serving a bank that was built: the HTTP application, the server with its children, and what runs beside and ends it.

A ledger that has stopped ends the process (fail stop): what is under way is answered "outcome unknown", and the exit
code says that a restart is needed, which reads what is there.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterable, MutableMapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from feiqian.db import BankDb
from feiqian.errors import CommitOverdue, LedgerError, LedgerStopped
from feiqian.folder import FolderLock
from feiqian.ledger.journal import Journal
from feiqian.payments.code_keys import KeyFile, KeyRing, KeysInvalid
from feiqian.projections.watch import Watch as ReadsWatch
from feiqian.runtime import garbage, logs, network
from feiqian.runtime.files import share_out
from feiqian.runtime.shares import Admission
from feiqian.runtime.supervise import Child
from feiqian.runtime.sweeping import Sweeper
from feiqian.runtime.waking import Ringer
from feiqian.runtime.work import CLOSE_SECONDS, TooBusy, WorkOverdue
from feiqian.services import Services
from feiqian.web.server.exchange import AtOnce
from feiqian.web.server.metrics import CONNECTIONS, IN_FLIGHT, MetricsApp
from feiqian.web.server.pace import Paced
from feiqian.web.server.server import Gate, Server
from feiqian.web.v1.application import PATHS, Api
from feiqian.web.v1.authenticate import Authenticator
from feiqian.web.v1.hot import ORDERS_PATH, PATH, MakingOrders, TakingPayments

if TYPE_CHECKING:
    from feiqian.web.application import Pages

EXIT_STOPPED = 70  # the ledger stopped; sysexits' "internal software error"
SWITCH_SECONDS = 0.0005  # for which a thread that computes may keep the event loop waiting; Python's own are 0.005
WATCH_SECONDS, KEYS_SECONDS, JOURNAL_SECONDS = 0.1, 1.0, 0.5
CHECKPOINTS_SECONDS = 10.0  # the checkpointer is woken no more often

Asgi = Callable[[MutableMapping[str, Any], Any, Any], Awaitable[None]]
_log = logs.get("feiqian.serving")


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
        """Returns whether all has ended: what waits for a database that stands still does not, and is left as it is.

        Raises LedgerStopped, after all has ended, if what was posted last could not be committed.
        """
        services, failed = self.services, None
        if services.ledger.stopped is None:
            try:
                services.ledger.commit(CLOSE_SECONDS)
            except CommitOverdue:
                return False
            except LedgerStopped as error:
                failed = error
        services.ledger.close()
        ended = [*(one.close() for one in services.all_reads), services.work.close(), services.merchants.close()]
        services.workers.close()
        services.press.close()
        if not all(ended):
            return False
        self.journal.close()
        self.db.close()
        self.lock.close()
        if failed is not None:
            raise failed
        return True


class Application:
    """One ASGI application: what is hot by itself, the other operations where their paths are, else the pages."""

    def __init__(self, services: Services, admission: Admission, pages: Asgi | None) -> None:
        authenticate = Authenticator(services.merchants, services.settings.mode)
        admission.whose = authenticate.whose
        self.payments = TakingPayments(services, admission, authenticate)
        self.orders = MakingOrders(services, admission, authenticate)
        self.at_once = self.payments, self.orders
        self.api = Api(services, admission, authenticate)
        self.turns = self.api.callers.turns
        self.pages = self.api if pages is None else Paced(pages, self.turns)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        path = scope["path"]
        if path == PATH and scope["method"] == "POST":
            await self.payments(scope, receive, send)
        elif path == ORDERS_PATH and scope["method"] == "POST":
            await self.orders(scope, receive, send)
        else:
            await (self.api if path.startswith(PATHS) else self.pages)(scope, receive, send)


def create_app(services: Services, admission: Admission | None = None, pages: Asgi | None = None) -> Application:
    """What the server serves. `admission` is shared with its protocol, which refuses payments before it parses them."""
    if admission is None:
        admission = services.payments.admission
    else:
        services.payments.admission = admission
    services.alarms.watch("in_flight", "payments under way", admission)
    services.metrics.counter("feiqian_overload_refusals", "Requests refused over capacity", lambda: admission.refused)
    app = Application(services, admission, pages)
    services.alarms.watch("page_requests", "requests for pages and of customers under way", app.turns.places)
    return app


class Service:
    """A served bank: its server, its children, and what ends it."""

    def __init__(self, bank: Bank, pages: Pages | None = None) -> None:
        settings = bank.services.settings
        self.bank, self._pages = bank, pages
        self.admission = Admission(settings.in_flight_limit)
        self.files = share_out(settings.connection_limit)
        self.gate = Gate(self.admission, self.files.connections, network.Proxies(settings.trusted_proxies))
        served, at_once = self.served(create_app(bank.services, self.admission, pages))
        self.server = Server(served, self.gate, settings.host, settings.port, at_once=at_once)
        gate, metrics = Gate(Admission(IN_FLIGHT), CONNECTIONS), MetricsApp(bank.services.metrics)
        self.metrics_server = Server(metrics, gate, settings.metrics_host, settings.metrics_port, name="metrics")
        self._watch_for()
        environment = settings.environment()
        projector = Child("projector", ["project", "--child"], environment)
        checkpointer = Child("checkpointer", ["checkpoint", "--child"], environment)
        self.children = [projector, checkpointer]
        wake_checkpointer = Ringer(checkpointer.wake, CHECKPOINTS_SECONDS)

        def wake() -> None:
            projector.wake()
            wake_checkpointer()

        wake_children = Ringer(wake)
        bank.services.ledger.subscribe(lambda position, facts: wake_children())
        bank.reads_watch.wake = projector.wake

    def served(self, app: Application) -> tuple[Asgi, Iterable[AtOnce]]:
        """What the server serves, and what of it may need no task."""
        return app, app.at_once

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
        sys.setswitchinterval(SWITCH_SECONDS)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        for child in self.children:
            child.start()
        metrics = loop.create_task(self.metrics_server.serve(sockets=self.bank.metrics_sockets or None))
        garbage.settle()
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
        features = services.notify.run(), services.payments.run(), services.merchants.run(), services.intents.run()
        bank = self.bank
        beside = services.lost_phones.run(), bank.sweeper.run(), bank.reads_watch.run(), services.metrics.lag.run()
        waiting = services.orders.run(), services.locks.run(), services.own_limits.run(), services.reminders.run()
        transfers, scheduled = services.person_transfers, services.scheduled_running
        people = transfers.endings.run(), transfers.waiting.run(), scheduled.run(), services.packets_returning.run()
        outgoing = services.outbox.run(), services.follower.run(), services.webhooks.run(), *waiting, *people
        return [*watches, *features, *beside, *outgoing, services.reassigned_numbers.run(), services.key_use.run()]

    async def _complete(self) -> None:
        """Carries out what was decided in the bank's database and has not reached the ledger."""
        await self.bank.services.intents.sweep()
        await self.bank.services.freezing.resume()

    def stop(self) -> None:
        if self._pages is not None:
            self._pages.close()
        self.bank.services.payments.status_waiters.close()  # merchants' requests that wait for a customer
        self.bank.services.orders.waiters.close()
        self.bank.services.webhooks.listening.waiters.close()
        self.server.should_exit = True

    async def _watch_ledger(self) -> None:
        ledger = self.bank.services.ledger
        while ledger.stopped is None:
            await asyncio.sleep(WATCH_SECONDS)
            ledger.check_place()
            ledger.look_at_clock()
        _log.critical("ledger_stopped", why=repr(ledger.stopped), position=ledger.durable_position)
        await asyncio.sleep(WATCH_SECONDS)  # those who waited for the failed commit are told first
        self.stop()

    async def _watch_journal(self) -> None:
        """Probes an idle journal; once decisions are made again after all, completes what was refused in between."""
        ledger, completed = self.bank.services.ledger, 0
        while ledger.stopped is None:
            await asyncio.sleep(JOURNAL_SECONDS)
            await ledger.deciding()
            ledger.probe()
            times = ledger.overdue_times + ledger.clock_jumps
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
