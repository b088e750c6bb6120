"""A child process that takes payments and can be killed at any moment, and a witness that knows what it had said.

The child tells, through a pipe, each answer that is durable, and nothing else. The witness reads the journal after the
child's death and compares. Ordinary product code throughout; only the numbering of the payments is the test's.
"""

from __future__ import annotations

import asyncio
import os
import selectors
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path

from feiqian.accounts.kinds import AccountKind
from feiqian.clock import SystemClock
from feiqian.errors import LedgerStopped
from feiqian.ledger import chart
from feiqian.ledger.body import decode_body
from feiqian.ledger.engine import EVENT, UNLIMITED, Engine, Refusal, Type, chain
from feiqian.ledger.journal import Journal
from feiqian.ledger.ledger import Ledger
from feiqian.ledger.recovery import open_checkpoints, open_journal, open_ledger, replay_row
from feiqian.merchants.kinds import MerchantAccountKind
from feiqian.money import CurrencyNumber

CNY = CurrencyNumber(156)
OPENING = chart.account_id(AccountKind.OPENING, CNY, 0)
PAYER = chart.account_id(AccountKind.CUSTOMER_WALLET, CNY, 1)
PAYEE = chart.account_id(MerchantAccountKind.PAYABLE, CNY, 1)
FEES = chart.account_id(AccountKind.MERCHANT_FEES, CNY, 0)
FUNDS = 10**12
CALLERS = 16  # payments under way at once
WAIT_SECONDS = 900.0  # not money: a time; a machine may have other things to do, and nothing is judged by time
REFUSED_EVERY = 7  # each seventh payment is for more than there is


def opening() -> bytes:
    """The accounts, and what the customer has."""
    return chain(
        chart.account(OPENING, AccountKind.OPENING, CNY, overdraft=UNLIMITED),
        chart.account(PAYER, AccountKind.CUSTOMER_WALLET, CNY),
        chart.account(PAYEE, MerchantAccountKind.PAYABLE, CNY),
        chart.account(FEES, AccountKind.MERCHANT_FEES, CNY),
        chart.transfer(chart.derived_id(b"opening", b"1"), debit=OPENING, credit=PAYER, amount=FUNDS),
    )


def payment_id(number: int) -> bytes:
    return chart.derived_id(b"payment", number.to_bytes(8, "big"))


def fee_id(number: int) -> bytes:
    return chart.derived_id(b"fee", number.to_bytes(8, "big"))


def amount(number: int) -> int:
    return 2 * FUNDS if number % REFUSED_EVERY == 0 else 100 + number % 50


def payment(number: int) -> bytes:
    """Payment and fee, one chain."""
    return chain(
        chart.transfer(payment_id(number), debit=PAYER, credit=PAYEE, amount=amount(number)),
        chart.transfer(fee_id(number), debit=PAYEE, credit=FEES, amount=1),
    )


# --- the child -----------------------------------------------------------------------------------------------------


def main(folder: str, url: str, first: str) -> None:
    """Takes payments from number `first` on, until it is killed or its ledger stops; writes `number refusal` lines."""
    place = Path(folder)
    journal = open_journal(place, url, create=True)
    ledger = open_ledger(journal, open_checkpoints(place, url), SystemClock())
    ledger.post_many(opening())
    ledger.commit()
    os.write(1, b"ready\n")
    asyncio.run(_take_payments(ledger, int(first)))


async def _take_payments(ledger: Ledger, first: int) -> None:
    await asyncio.gather(*(_caller(ledger, first + place) for place in range(CALLERS)), return_exceptions=True)
    os.write(1, b"stopped\n")


async def _caller(ledger: Ledger, number: int) -> None:
    while True:
        posting = ledger.post(payment(number))
        if posting.refusal == Refusal.OK:
            ledger.record(b"%d" % number)
        await ledger.durable(posting.position)
        os.write(1, b"%d %d\n" % (number, posting.refusal))
        number += CALLERS


class Killable(ABC):
    """A process of its own that tells, line by line, what is durable, and may be killed at any moment."""

    def __init__(self, command: list[str], environment: dict[str, str] | None = None, told: str = "") -> None:
        """`told` is what it reads from its standard input."""
        with tempfile.TemporaryFile() as reading:
            reading.write(told.encode())
            reading.seek(0)
            self.process = subprocess.Popen(command, stdin=reading, stdout=subprocess.PIPE, bufsize=0, env=environment)
        self._left = b""
        self._ended = False

    @property
    @abstractmethod
    def count(self) -> int:
        """How many answers it has told."""

    @abstractmethod
    def hear(self, line: bytes) -> None:
        """Takes in what it told."""

    def listen(self, *, answers: int = 0, seconds: float = WAIT_SECONDS) -> None:
        """Until so many answers more have come (0: any number), so many seconds have passed, or it has ended."""
        assert self.process.stdout is not None
        enough, deadline = self.count + answers, time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while not self._ended and (not answers or self.count < enough):
                left = deadline - time.monotonic()
                if left <= 0 or not selector.select(left):
                    return
                self._read()

    def _read(self) -> None:
        assert self.process.stdout is not None
        data = os.read(self.process.stdout.fileno(), 1 << 16)
        self._ended = not data
        *lines, self._left = (self._left + data).split(b"\n")
        for line in lines:
            self.hear(line)

    def kill(self) -> None:
        """SIGKILL; then hears what it had said before it died."""
        self.process.kill()
        self.join()

    def join(self) -> int:
        """Waits for its end, and hears the rest. Returns its exit code."""
        self.listen()
        code = self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


class Child(Killable):
    """The child, and what it has told so far."""

    def __init__(self, folder: Path, url: str, first: int) -> None:
        super().__init__([sys.executable, "-m", "feiqian.testing.crash", str(folder), url, str(first)])
        self.acknowledged: dict[int, Refusal] = {}
        self.ready = self.stopped = False

    @property
    def count(self) -> int:
        return len(self.acknowledged)

    def hear(self, line: bytes) -> None:
        if line == b"ready":
            self.ready = True
        elif line == b"stopped":
            self.stopped = True
        else:
            number, refusal = line.split()
            self.acknowledged[int(number)] = Refusal(int(refusal))


# --- the witness ---------------------------------------------------------------------------------------------------


class Watermark:
    """Reads the journal on after each death, and holds it against what the children had said."""

    def __init__(self, journal: Journal, new_engine: Callable[[], Engine]) -> None:
        self.journal, self.engine = journal, new_engine()
        self.position = 0
        self.facts: set[int] = set()
        self.answers: dict[int, Refusal] = {}
        self._asked = {chart.derived_id(b"opening", b"1")}  # ids of transfers that a child can have posted
        self._counted = 0

    def check(self, child: Child) -> None:
        """Raises AssertionError unless all is there that was acknowledged, once, and nothing that was not asked for."""
        self.answers |= child.acknowledged
        self._count()
        self.read_on()
        for number, refusal in child.acknowledged.items():
            self._check_answer(number, refusal)

    def check_all(self) -> None:
        """Compares every answer that was ever given, not only the newest child's."""
        for number, refusal in self.answers.items():
            self._check_answer(number, refusal)

    def next_number(self) -> int:
        """Where the next child begins: at what may or may not be there, so that it asks for that again."""
        return max(self.answers, default=0) + 1

    def _count(self) -> None:
        """A caller has one payment under way, so none was asked for beyond the last answer by more than CALLERS."""
        for number in range(self._counted, self.next_number() + CALLERS):
            self._asked |= {payment_id(number), fee_id(number)}
        self._counted = self.next_number() + CALLERS

    def read_on(self) -> None:
        """Reads the rows that have come since. A database server may finish a dead child's last statement after its
        death, so the end is certain only once a new writer has taken the fence."""
        for row in self.journal.rows(self.position):
            replay_row(self.engine, row)
            self.position = row.position
            body = decode_body(row.body)
            for event in EVENT.iter_unpack(body.records):
                if event[0] in (Type.TRANSFER, Type.REFUSED):
                    assert event[5] in self._asked, f"row {row.position} has a transfer that nobody asked for"
            for fact in body.facts:
                assert int(fact) not in self.facts, f"payment {int(fact)} is twice in the journal"
                self.facts.add(int(fact))
        self.engine.check()
        if self.position:
            self._check_books()

    def _check_answer(self, number: int, refusal: Refusal) -> None:
        known = self.engine.remembered(payment_id(number))
        assert known is not None, f"payment {number} was answered {refusal.name} and is lost"
        refused = number % REFUSED_EVERY == 0
        assert refusal in ((Refusal.INSUFFICIENT_FUNDS,) if refused else (Refusal.OK, Refusal.EXISTS))
        assert known.type == (Type.REFUSED if refused else Type.TRANSFER)
        assert (number in self.facts) != refused, f"payment {number}: its fact and its transfer do not agree"

    def _check_books(self) -> None:
        """The balances are the sum of the payments that are there."""
        payer, payee, fees = (self.engine.account(id) for id in (PAYER, PAYEE, FEES))
        assert payer is not None
        assert payee is not None
        assert fees is not None
        taken = sum(amount(number) for number in self.facts)
        assert (FUNDS - payer.balance, payee.balance + fees.balance, fees.balance) == (taken, taken, len(self.facts))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except LedgerStopped:
        sys.exit(3)
