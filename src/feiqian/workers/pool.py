"""The pool of worker processes: a bounded queue in which each person, or each address, has its turn.

Never shares anything with the pools of `work.py`: a picture that takes long makes nobody's password wait.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections import Counter, deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from feiqian.runtime import logs
from feiqian.runtime.alarms import Alarm
from feiqian.runtime.metrics import Metrics
from feiqian.runtime.work import TooBusy
from feiqian.workers.frames import Job, Refused
from feiqian.workers.process import File, JobKilled, Limits, NotStarted, Part, Process

PROCESSES = max(1, (os.cpu_count() or 2) // 2)
QUEUE = 32  # jobs that wait, of all
QUEUE_OF_ONE = 2  # of one person or address

_log = logs.get("feiqian.workers")


@dataclass(eq=False, slots=True)
class _Task:
    module: str
    function: str
    parts: Sequence[Part]
    key: str
    future: Future[list[bytes]] = field(default_factory=Future)

    def close(self) -> None:
        for part in self.parts:
            if isinstance(part, File):
                part.close()


class Workers:
    """Processes are started when the first job comes, or by `start`, and again whenever one has ended.

    `what` they work at is in the names of their alarms and metrics.
    """

    def __init__(self, limits: Limits | None = None, processes: int = PROCESSES, what: str = "picture") -> None:
        self._what = what
        self._limits = limits or Limits()
        self._processes = [Process(self._limits) for _ in range(processes)]
        self._threads: list[threading.Thread] = []
        self._changed = threading.Condition()
        self._waiting: dict[str, deque[_Task]] = {}  # by key, whose turn is next first
        self._under_way: Counter[str] = Counter()
        self._closing = False
        self.taken = self.killed = self.refused = 0
        self.full, self.missing = Alarm(f"{what}_queue_full"), Alarm(f"{what}_worker_missing")

    async def run(self, job: Job | tuple[str, str], parts: Sequence[Part], key: str) -> list[bytes]:
        """Has `job`, a function of a module (or the names of both), done by a process.

        `key`: for whom, by person or else by address. Files among the parts are closed here. Raises Refused, JobKilled,
        TooBusy.
        """
        module, function = job if isinstance(job, tuple) else (job.__module__, job.__name__)
        return await asyncio.wrap_future(self._put(_Task(module, function, parts, key)).future)

    def start(self) -> None:
        """Starts the processes now, so that what the machine lacks is told at once and not at the first picture."""
        with self._changed:
            self._run_threads()

    def close(self) -> None:
        """Ends the processes. What is under way or waits fails."""
        with self._changed:
            self._closing = True
            left = [task for tasks in self._waiting.values() for task in tasks]
            self._waiting.clear()
            self._changed.notify_all()
        for task in left:
            task.close()
            if task.future.set_running_or_notify_cancel():
                task.future.set_exception(TooBusy("the server stops"))
        for process in self._processes:
            process.close()
        for thread in self._threads:
            thread.join()

    def measure(self, metrics: Metrics) -> None:
        what, jobs = self._what, f"feiqian_{self._what}_jobs"
        metrics.gauge(f"{jobs}_waiting", f"Jobs that wait for a {what} worker", lambda: self.waiting)
        metrics.gauge(f"{jobs}_running", f"Jobs in {what} workers", lambda: self._under_way.total())
        self.full.measure(metrics, f"the queue of {what} jobs is full")
        self.missing.measure(metrics, f"no {what} worker can be started")
        metrics.counter(f"{jobs}_killed", "Jobs that exceeded their limits", lambda: self.killed)
        metrics.counter(f"{jobs}_refused", "Jobs refused by a full queue", lambda: self.refused)

    @property
    def waiting(self) -> int:
        """Jobs that no process has taken yet."""
        return sum(map(len, list(self._waiting.values())))

    @property
    def pids(self) -> list[int]:
        return [process.pid for process in self._processes if process.pid is not None]

    # --- the queue -----------------------------------------------------------------------------------------------

    def _put(self, task: _Task) -> _Task:
        with self._changed:
            of_one = self._waiting.get(task.key, ())
            if self._closing or len(of_one) >= QUEUE_OF_ONE or self.waiting >= QUEUE:
                self.refused += 1
                if self.waiting >= QUEUE:
                    self.full.set(True, waiting=self.waiting)
                task.close()
                raise TooBusy(f"too many {self._what} jobs are asked for at once; try again in a moment")
            self._waiting.setdefault(task.key, deque()).append(task)
            self._run_threads()
            self._changed.notify()
        return task

    def _run_threads(self) -> None:
        if self._threads or self._closing:
            return
        for process in self._processes:
            thread = threading.Thread(target=self._serve, args=(process,), name=f"{self._what}-worker", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _take(self) -> _Task | None:
        """The next task: of a key of which nothing is under way, if there is one. None when the pool closes."""
        with self._changed:
            while not self._waiting and not self._closing:
                self._changed.wait()
            if self._closing:
                return None
            key = next((key for key in self._waiting if not self._under_way[key]), next(iter(self._waiting)))
            tasks = self._waiting.pop(key)
            task = tasks.popleft()
            if tasks:
                self._waiting[key] = tasks  # behind all others
            self._under_way[key] += 1
            if self.waiting <= QUEUE // 2:
                self.full.set(False)
            return task

    def _serve(self, process: Process) -> None:
        """What the thread of one process does."""
        self._begin(process)
        while (task := self._take()) is not None:
            try:
                if task.future.set_running_or_notify_cancel():
                    self._do(process, task)
            finally:
                task.close()
                with self._changed:
                    self._under_way[task.key] -= 1
                    self._under_way += Counter()  # forgets those of whom nothing is under way
                    if (more := self._waiting.pop(task.key, None)) is not None:
                        self._waiting[task.key] = more  # whoever has just been served is the last again
        process.end()

    def _begin(self, process: Process) -> None:
        try:
            process.start()
        except NotStarted as error:
            if not self._closing:
                self.missing.set(True, why=str(error))

    def _do(self, process: Process, task: _Task) -> None:
        self.taken += 1
        try:
            answer = process.ask(task.module, task.function, task.parts)
        except Refused as refused:
            task.future.set_exception(refused)
        except NotStarted as error:
            if not self._closing:
                self.missing.set(True, why=str(error))
            task.future.set_exception(TooBusy(f"no {self._what} worker can be started now; try again later"))
            return
        except JobKilled as error:
            self.killed += 1
            _log.warning(f"{self._what}_job_killed", job=task.function, why=str(error))
            task.future.set_exception(error)
        except Exception as error:
            process.end()
            _log.exception(f"{self._what}_job_failed", job=task.function)
            task.future.set_exception(JobKilled(type(error).__name__))
        else:
            task.future.set_result(answer)
        self.missing.set(False)
