"""Statements for their holders: read from what moved, and written as a file by a worker process. Changes no money.

What a period has is asked of activity, some hundred entries at a time, and bounded; files are made by another process.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection

from feiqian.accounts.kinds import wallet_id
from feiqian.activity.codes import grouped
from feiqian.activity.errors import MovementNotFound
from feiqian.activity.model import Movement
from feiqian.activity.service import Activity
from feiqian.clock import MICROSECONDS, MINUTE, Clock, microseconds
from feiqian.customers.registry import Customers
from feiqian.deposits.model import WALLET
from feiqian.deposits.service import Deposits
from feiqian.deposits.statements import Holding, Statements
from feiqian.ids import CustomerNumber
from feiqian.money import CurrencyNumber, MinorUnits
from feiqian.payments.read_model.lines import OwnAccount, Span
from feiqian.payments.read_model.reads import PaymentReads
from feiqian.printing.press import Press
from feiqian.runtime.transactions import Transactions
from feiqian.runtime.work import TooBusy
from feiqian.statements.errors import RecordIncomplete, TooManyEntries
from feiqian.statements.given import Given, GivenOut
from feiqian.statements.model import (
    Account,
    Bank,
    Format,
    Row,
    Statement,
    entry_id,
    start_of,
    statement_id,
    wallet_number,
)
from feiqian.statements.periods import Period
from feiqian.strings.visible import shown
from feiqian.texts import Texts, texts_in

MOST_ENTRIES, MOST_PRINTED = 10_000, 3_000  # of a statement, and of one as PDF
AT_ONCE, AT_ONCE_OF_ONE = 16, 2  # statements that are being made: of all, of one customer
SETTLED = MINUTE  # after a period: a clock that is put back within its bound may add something until then
CHECK = "/statements/check"
_WRITE = "feiqian.statements.job", "write"
FILES = {
    Format.PDF: ("pdf", "application/pdf"),
    Format.CSV: ("csv", "text/csv; charset=utf-8"),
    Format.XLSX: ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    Format.OFX: ("ofx", "application/x-ofx"),
    Format.CAMT: ("camt053.xml", "application/xml"),
}


class Which(NamedTuple):
    """The account's id, or WALLET and its currency; the period as it was asked for."""

    account: str
    currency: CurrencyNumber
    period: Period


class StatementFile(NamedTuple):
    """A file, with the name that it is saved under."""

    name: str
    media_type: str
    content: bytes


class _Found(NamedTuple):
    """An account in a period: which lines are of it, from one sequence number until before another. `now`: when it was
    asked for, before anything was read."""

    now: int
    holding: Holding
    period: Period
    account: OwnAccount | None  # None: the ledger has none yet
    first: int
    before: int


@dataclass(kw_only=True, eq=False, repr=False)
class StatementFiles:
    """For the customer alone: whose account it is, is part of every question."""

    clock: Clock
    transactions: Transactions
    customers: Customers
    deposits: Deposits
    holdings: Statements
    reads: PaymentReads
    activity: Activity
    given: GivenOut
    press: Press
    zone: str
    prefix: str  # of the numbers of accounts: the bank's code
    origin: str
    picture: Callable[[str], str]  # of an address, to be scanned: SVG

    def __post_init__(self) -> None:
        self._under_way: Counter[CustomerNumber] = Counter()

    @property
    def today(self) -> date:
        """The bank's."""
        return self._day(self.clock.now())

    def _day(self, at: int) -> date:
        day = self.clock.day(at // MICROSECONDS)
        return date(day // 10_000, day // 100 % 100, day % 100)

    async def file(self, customer: CustomerNumber, which: Which, format: Format, language: str) -> StatementFile:
        """The statement as a file.

        Raises AccountNotFound, PeriodInvalid, TooManyEntries, RecordIncomplete, ReadsBehind, TooBusy.
        """
        with self._turn(customer):
            most = MOST_PRINTED if format is Format.PDF else MOST_ENTRIES
            found = await self._find(customer, which, most)
            statement = await self._statement(customer, found, language)
            if format is Format.PDF:
                statement = await self._give(customer, found, statement)
            parts = [format.value.encode(), msgspec.json.encode(statement)]
            (content,) = await self.press.run(_WRITE, parts, f"customer {customer}")
        ending, media_type = FILES[format]
        return StatementFile(f"{_name(found)}.{ending}", media_type, content)

    async def statement(self, customer: CustomerNumber, which: Which, language: str) -> Statement:
        """What the files say, as values. Raises as `file`."""
        with self._turn(customer):
            return await self._statement(customer, await self._find(customer, which, MOST_ENTRIES), language)

    @contextmanager
    def _turn(self, customer: CustomerNumber) -> Iterator[None]:
        """Raises TooBusy."""
        if self._under_way.total() >= AT_ONCE or self._under_way[customer] >= AT_ONCE_OF_ONE:
            raise TooBusy("as many statements are being made as may; try again in a moment")
        self._under_way[customer] += 1
        try:
            yield
        finally:
            self._under_way[customer] -= 1
            self._under_way += Counter()  # forgets those of whom nothing is under way

    # --- reading ---------------------------------------------------------------------------------------------------

    async def _find(self, customer: CustomerNumber, which: Which, most: int) -> _Found:
        now = self.clock.now()  # what was decided before is durable when the holding is known, and read then
        holding = await self.holdings.holding(customer, which.account, which.currency)
        period = which.period.until(self._day(now))
        try:
            account, first, before = await self.activity.period(
                customer, _ledger_id(customer, holding), self._span(period)
            )
        except MovementNotFound:
            return _Found(now, holding, period, None, 1, 1)
        if await self.reads.customer_incomplete(customer):
            raise RecordIncomplete("some of the customer's entries were set aside")
        if before - first > most:
            raise TooManyEntries(before - first, most)
        return _Found(now, holding, period, account, first, before)

    def _span(self, period: Period) -> Span:
        zone = ZoneInfo(self.zone)
        after = start_of(period.last + timedelta(days=1), zone)
        return Span(microseconds(start_of(period.first, zone)), microseconds(after))

    async def _statement(self, customer: CustomerNumber, found: _Found, language: str) -> Statement:
        texts, holding, now = texts_in(language), found.holding, found.now
        rows = [row async for row in self._rows(customer, found, texts)]
        opening = rows[0].balance - rows[0].amount if rows else await self._balance_before(customer, found)
        end = self._span(found.period).end
        provisional = now < end + SETTLED
        ledger_id, days = _ledger_id(customer, holding), found.period
        return Statement(
            id=statement_id(ledger_id, days.first, days.last, now if provisional else None),
            language=language,
            bank=Bank(texts("brand"), self.prefix, self.zone),
            account=await self._account(customer, holding, texts),
            first=days.first,
            last=days.last,
            through=min(now, end),
            made_at=now,
            provisional=provisional,
            opening=opening,
            closing=rows[-1].balance if rows else opening,
            rows=rows,
            words=_words(texts),
        )

    async def _rows(self, customer: CustomerNumber, found: _Found, texts: Texts) -> AsyncIterator[Row]:
        if found.account is None:
            return
        async for movements in self.activity.lines(customer, found.account, found.first, found.before):
            for it in movements:
                yield _row(it, texts)

    async def _balance_before(self, customer: CustomerNumber, found: _Found) -> int:
        if found.account is None or found.first <= 1:
            return 0
        lines = await self.reads.lines_of_account(found.account, found.first - 1, found.first, 1)
        return lines[0].entry.balance if lines else 0

    async def _account(self, customer: CustomerNumber, holding: Holding, texts: Texts) -> Account:
        holder = await self.transactions.read(self._holder, customer)
        currency, account = holding.currency, holding.account
        if account is None:
            number = wallet_number(wallet_id(currency.number, customer), currency.code)
            return Account(holder, number, texts("accounts.wallet"), WALLET, currency.code, currency.decimals)
        number = await self.transactions.read(self.deposits.number, account.id)
        name = account.alias or texts(f"account.product.{account.product}")
        return Account(
            holder, number, f"{name} *{account.last_four}", account.product, currency.code, currency.decimals
        )

    async def _give(self, customer: CustomerNumber, found: _Found, it: Statement) -> Statement:
        """The statement with its code, by which it can be checked from now on."""
        account = found.holding.account
        said = Given(
            customer,
            found.holding.id,
            "" if account is None else account.last_four,
            found.holding.currency.number,
            it.first,
            it.last,
            it.provisional,
            MinorUnits(it.opening),
            MinorUnits(it.closing),
            len(it.rows),
            it.made_at,
        )
        code = self.given.code(it.id)
        await self.given.keep(code, said)
        address = f"{self.origin}{CHECK}"
        picture = self.picture(f"{address}?statement={code}")
        return msgspec.structs.replace(it, code=grouped(code), check=address, picture=picture)

    def _holder(self, connection: Connection, customer: CustomerNumber) -> str:
        found = self.customers.by_number(connection, customer)
        return "" if found is None else shown(found.name)


def _ledger_id(customer: CustomerNumber, holding: Holding) -> bytes:
    if holding.account is None:
        return wallet_id(holding.currency.number, customer)
    return holding.account.ledger_id


def _row(it: Movement, texts: Texts) -> Row:
    told = it.described
    who = told.who or (texts("accounts.wallet") if told.account == WALLET else "")
    return Row(
        entry_id(it.id),
        it.at,
        it.amount,
        it.balance or 0,
        told.text.rpartition(".")[2],
        texts.catalogue.get(told.text, texts("statement.file.other")),
        shown(who),
        shown(told.note),
        told.reference,
    )


def _words(texts: Texts) -> dict[str, str]:
    return {key.removeprefix("statement.file."): text for key, text in texts.for_scripts("statement.file.").items()}


def _name(found: _Found) -> str:
    """Of Latin letters, digits and hyphens: a file system anywhere takes it."""
    account, currency = found.holding.account, found.holding.currency
    which = f"wallet-{currency.code.lower()}" if account is None else account.last_four
    return f"statement-{which}-{found.period.name}"
