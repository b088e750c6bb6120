"""A bounded queue in which network addresses take turns, and accounts within each address. Not safe for threads."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

from feiqian.runtime import network

T = TypeVar("T")


class Job(Generic[T]):
    """A function to call for somebody, and what becomes of it."""

    __slots__ = ("account", "address", "function", "future")

    def __init__(self, address: str, account: str, function: Callable[[], T]) -> None:
        self.address, self.account, self.function = address, account, function
        self.future: Future[T] = Future()

    def run(self) -> None:
        """Calls it; `future` was marked as running before."""
        try:
            result = self.function()
        except BaseException as error:  # whoever waits is told whatever it was
            self.future.set_exception(error)
        else:
            self.future.set_result(result)


_Accounts = OrderedDict[str, deque[Job[Any]]]


class Turns:
    """At most `most` jobs wait, and of one address `per_address` (of those whose address is not known: `most`)."""

    def __init__(self, most: int, per_address: int) -> None:
        self._most, self._per_address = most, per_address
        self._waiting: OrderedDict[str, _Accounts] = OrderedDict()  # whose turn it is stands first
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, job: Job[Any]) -> Job[Any] | None:
        """Queues a job. If there is no room, returns the one that has to go: the job itself, or one that made room.

        That is the newest of the address that holds most, and in it of the account that holds most.
        """
        refused = self._to_go(job)
        if refused is job:
            return job
        if refused is not None:
            self.remove(refused)
        self._waiting.setdefault(job.address, OrderedDict()).setdefault(job.account, deque()).append(job)
        self._count += 1
        return refused

    def _to_go(self, job: Job[Any]) -> Job[Any] | None:
        own = self._waiting.get(job.address, _Accounts())
        per_address = self._most if job.address == network.UNKNOWN else self._per_address
        if _held(own) < per_address:
            if self._count < self._most:
                return None
            largest = max(self._waiting.values(), key=_held)
            if _held(largest) > _held(own) + 1:
                return max(largest.values(), key=len)[-1]
        jobs = max(own.values(), key=len, default=None)
        return jobs[-1] if jobs and len(jobs) > len(own.get(job.account, ())) + 1 else job

    def next(self) -> Job[Any] | None:
        """The job whose turn it is, marked as running; those whose waiter has gone are passed over."""
        while self._waiting:
            address, accounts = self._waiting.popitem(last=False)
            account, jobs = accounts.popitem(last=False)
            job = jobs.popleft()
            self._count -= 1
            if jobs:
                accounts[account] = jobs  # its next turn comes after those of the others
            if accounts:
                self._waiting[address] = accounts
            if job.future.set_running_or_notify_cancel():
                return job
        return None

    def remove(self, job: Job[Any]) -> None:
        """Takes a job out, if it waits."""
        accounts = self._waiting.get(job.address)
        jobs = accounts.get(job.account) if accounts else None
        if accounts is None or jobs is None or job not in jobs:
            return
        jobs.remove(job)
        self._count -= 1
        if not jobs:
            del accounts[job.account]
        if not accounts:
            del self._waiting[job.address]


def _held(accounts: _Accounts) -> int:
    return sum(map(len, accounts.values()))
