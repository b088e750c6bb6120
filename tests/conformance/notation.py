"""The domain's own notation for histories: parses one line, or runs a table of them against an engine.

    account A1 CNY overdraft=0 -> ok
    link claim K1 until=90     -> linked_event_failed
    transfer T1 A1->A2 10      -> insufficient_funds
    expect A1 debits=0 credits=0

A row is an event and its answer; `link` chains it to the next; `end` ends the batch there. `time SECONDS DAY` moves the
clock. `expect` asks the engine. `# title` begins a case, with an engine of its own, after the rows under `# given`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from feiqian.ledger.engine import EVENT, LINKED, NO_ID, UNLIMITED, Engine, Period, Refusal, Side, Type

CURRENCIES = {"CNY": 156, "EUR": 978}
SIDES = {"debit": Side.DEBIT, "credit": Side.CREDIT, "both": Side.DEBIT | Side.CREDIT, "neither": 0, "8": 8}
PERIODS = {"day": Period.DAY, "month": Period.MONTH, "year": Period.YEAR, "ever": Period.EVER, "never": 0, "decade": 5}
ACCOUNT_FIELDS = {
    "debits": "debits_posted",
    "credits": "credits_posted",
    "debits_pending": "debits_pending",
    "credits_pending": "credits_pending",
    "stops": "closed_and_frozen",
}


@dataclass
class Case:
    """A titled history; `rows` are the lines, with their numbers in the file."""

    title: str
    rows: list[tuple[int, str]] = field(default_factory=list)


def identity(name: str) -> bytes:
    return NO_ID if name == "0" else name.encode().ljust(16, b".")


def number(text: str) -> int:
    """A number, `max` (2^64 - 1) or `max-N`."""
    return UNLIMITED - int(text[4:] or 0) if text.startswith("max") else int(text)


def read_cases(path: Path) -> list[Case]:
    """The cases of a table; each begins with the rows that are given."""
    cases: list[Case] = []
    for at, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith("# "):
            cases.append(Case(line[2:].strip()))
        elif line.strip() and not line.startswith("//"):
            cases[-1].rows.append((at, line.strip()))
    given = cases.pop(0) if cases[0].title == "given" else Case("given")
    for case in cases:
        case.rows[:0] = given.rows
    return cases


def encode(text: str) -> bytes:
    """One event, from its words; `name=value` sets any field that the event has."""
    words = text.split()
    flags = LINKED if words[0] == "link" else 0
    verb, *words = words[1:] if flags else words
    plain = [word for word in words if "=" not in word]
    named = dict(word.split("=") for word in words if "=" in word)
    fields = {"type": Type[verb.upper()] if verb != "event" else int(named.pop("type")), "id": identity(plain[0])}
    fields |= _SHAPES[verb](*plain[1:])
    for name, value in named.items():
        field_name, read = _NAMED[name]
        fields[field_name] = read(value)
    fields["flags"] = fields.get("flags", 0) | flags
    order = "type", "flags", "kind", "aux", "amount", "id", "debit", "credit", "reference"
    ids = dict.fromkeys(("debit", "credit", "reference"), NO_ID)
    return EVENT.pack(*({**dict.fromkeys(order, 0), **ids, **fields}[name] for name in order))


def _between(accounts: str, amount: str) -> dict[str, object]:
    debit, credit = accounts.split("->")
    return {"debit": identity(debit), "credit": identity(credit), "amount": number(amount)}


_SHAPES: dict[str, Callable[..., dict[str, object]]] = {
    "account": lambda currency: {"aux": CURRENCIES.get(currency) or int(currency)},
    "transfer": _between,
    "hold": _between,
    "sweep": _between,
    "capture": lambda hold, amount: {"debit": identity(hold), "amount": number(amount)},
    "release": lambda hold: {"debit": identity(hold)},
    "freeze": lambda sides: {"kind": SIDES[sides]},
    "unfreeze": lambda sides: {"kind": SIDES[sides]},
    "close": lambda: {},
    "allowance": lambda period: {"kind": PERIODS[period]},
    "use": lambda amount: {"amount": number(amount)},
    "restore": lambda amount: {"amount": number(amount)},
    "claim": lambda: {},
    "event": lambda: {},
}
_NAMED: dict[str, tuple[str, Callable[[str], object]]] = {
    "overdraft": ("amount", number),
    "cap": ("amount", number),
    "until": ("amount", number),
    "timeout": ("aux", int),
    "of": ("aux", int),
    "kind": ("kind", int),
    "flags": ("flags", int),
    "reference": ("reference", identity),
}


def answers(path: Path) -> Iterator[tuple[str, Refusal, Refusal | None]]:
    """Every row's verb, answer, and what that answer goes before (`-> x over y`)."""
    for case in read_cases(path):
        for _, row in case.rows:
            if "->" in (words := row.split()):
                answer, *over = words[words.index("->") + 1 :]
                verb = words[1] if words[0] == "link" else words[0]
                yield verb, Refusal[answer.upper()], Refusal[over[1].upper()] if over else None


class Run:
    """A case under way: an engine, its clock and the records that it has handed out."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.moment, self.records = engine, (1, 20260101), b""
        self.chain: list[tuple[int, str, bytes]] = []

    def row(self, at: int, text: str) -> None:
        verb, _, rest = text.partition(" ")
        if verb == "time":
            seconds, day = rest.split()
            self.moment = int(seconds), int(day)
            self.records += self.engine.apply(b"", *self.moment)[1]
        elif verb == "end":  # of the batch, with the chain still open
            self.decide()
        elif verb == "expect":
            self._expect(at, rest)
        else:
            event, answer = re.split(r" -> ", text)
            self.chain.append((at, answer.split()[0], encode(event)))
            if verb != "link":
                self.decide()

    def decide(self) -> None:
        results, records = self.engine.apply(b"".join(event for *_, event in self.chain), *self.moment)
        self.records += records
        got = [Refusal(code).name.lower() for code in results]
        wanted = [answer for _, answer, _ in self.chain]
        assert got == wanted, f"line {self.chain[0][0]}: answered {got}, not {wanted}"
        self.chain = []

    def _expect(self, at: int, rest: str) -> None:
        name, *wanted = rest.split()
        for field_name, value in (word.split("=") for word in wanted):
            got = self._asked(identity(name), field_name)
            assert got == number(value), f"line {at}: {name}'s {field_name} is {got}, not {value}"

    def _asked(self, id: bytes, field_name: str) -> int:
        if field_name == "claimed":
            return int(self.engine.claimed(id))
        if field_name in ("used", "cap"):
            return (self.engine.used(id) or (0, 0))[field_name == "cap"]
        return getattr(self.engine.account(id), ACCOUNT_FIELDS[field_name])
