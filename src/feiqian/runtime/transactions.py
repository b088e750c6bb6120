"""One transaction per use case. A rule is a plain function of an open connection; this opens it once, in the pool.

`@writes` and `@reads` make a use case of a method whose first argument is the connection: `await service.begin(...)`
runs it in a transaction of its own, `service.begin.within(connection, ...)` in that of another use case.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Concatenate, Generic, NamedTuple, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection

from feiqian.db import BankDb
from feiqian.errors import FeiqianError
from feiqian.runtime.work import Work

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
S = TypeVar("S", bound="HasTransactions")


class Refused(NamedTuple):
    """What a rule returns to refuse and yet keep what it has written, as a try that is counted.

    It is raised after the commit. An error that a rule raises takes everything back.
    """

    error: FeiqianError


class Transactions:
    """Runs rules in the databases' pool of threads."""

    def __init__(self, db: BankDb, work: Work) -> None:
        self._db, self._work = db, work

    async def write(
        self, rule: Callable[Concatenate[Connection, P], T | Refused], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """In a transaction that may write, committed unless the rule raises. Raises TooBusy, WorkOverdue."""
        return await self._work.db(lambda: self.write_now(rule, *args, **kwargs))

    async def read(self, rule: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """In a transaction that only reads. Raises TooBusy, WorkOverdue."""
        return await self._work.db(lambda: self.read_now(rule, *args, **kwargs))

    def write_now(
        self, rule: Callable[Concatenate[Connection, P], T | Refused], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As `write`, for whoever is in a thread already."""
        with self._db.write() as connection:
            result = rule(connection, *args, **kwargs)
        if isinstance(result, Refused):
            raise result.error
        return result

    def read_now(self, rule: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `read`, for whoever is in a thread already."""
        with self._db.read() as connection:
            return rule(connection, *args, **kwargs)


class HasTransactions(Protocol):
    """Whoever has use cases."""

    transactions: Transactions


class UseCase(Generic[P, T, R]):
    """A rule with its service: awaited, it has a transaction of its own."""

    __slots__ = ("_run", "within")

    def __init__(self, within: Callable[Concatenate[Connection, P], R], run: Callable[..., Any]) -> None:
        self.within, self._run = within, run

    async def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        result: T = await self._run(self.within, *args, **kwargs)
        return result


class _Rule(Generic[S, P, T, R]):
    def __init__(self, rule: Callable[Concatenate[S, Connection, P], R], run: Callable[..., Any]) -> None:
        self._rule, self._run, self.__doc__ = rule, run, rule.__doc__

    def __get__(self, service: S, owner: type[S]) -> UseCase[P, T, R]:
        return UseCase(self._rule.__get__(service, owner), partial(self._run, service.transactions))


def writes(rule: Callable[Concatenate[S, Connection, P], T]) -> _Rule[S, P, T, T]:
    """Makes a use case of a method that may write."""
    return _Rule(rule, Transactions.write)


def writes_or_refuses(rule: Callable[Concatenate[S, Connection, P], T | Refused]) -> _Rule[S, P, T, T | Refused]:
    """As `writes`, of a method that may return what it refuses with."""
    return _Rule(rule, Transactions.write)


def reads(rule: Callable[Concatenate[S, Connection, P], T]) -> _Rule[S, P, T, T]:
    """Makes a use case of a method that only reads."""
    return _Rule(rule, Transactions.read)
