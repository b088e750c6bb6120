"""Reads a policy file (TOML) and refuses a wrong one, saying in which file and line, and what would do.

Amounts are written as people write them ("1000.00"); the shipped policies lie beside this module.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import msgspec

from feiqian.errors import FeiqianError
from feiqian.ledger.bounds import BoundExceeded, checked
from feiqian.money import BY_CODE, CurrencyNumber, MinorUnits, MoneyInvalid, parse
from feiqian.policy import model
from feiqian.policy.factors import BY_AMOUNT, Factor, Purpose, is_strong
from feiqian.policy.layout import (
    CeilingTable,
    CorrectionsTable,
    ExemptTable,
    File,
    LevelTable,
    LimitsTable,
    MethodTable,
    NeedTable,
    PacketLimitsTable,
    PacketsTable,
    ProofTable,
    Table,
    TimeoutsTable,
    TransfersTable,
    TriesTable,
)
from feiqian.policy.people import PEOPLE, SIGNS_IN
from feiqian.policy.positions import Path as Place
from feiqian.policy.positions import line_of, positions
from feiqian.policy.scopes import METHODS, Scope
from feiqian.subjects import Role

FOLDER = Path(__file__).parent
SHIPPED = tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))
LOWEST, REMOTE, HIGHEST = "unverified", "remote", "full"
# What anybody who had only one of two could do harm with.
MUST_BE_STRONG = frozenset(
    {
        *SIGNS_IN.values(),
        Purpose.STAFF_ACT,
        Purpose.UNFREEZE,
        Purpose.CHANGE_CONTACT,
        Purpose.CHANGE_PASSWORD,
        Purpose.CHANGE_PIN,
        Purpose.ADD_FACTOR,
        Purpose.REMOVE_FACTOR,
        Purpose.CLOSE_ACCOUNT,
        Purpose.OPEN_LOCK,
        Purpose.RAISE_LIMIT,
        Purpose.CHANGE_QUICK,
        Purpose.MERCHANT_ACT,
    }
)

# What only whoever has the mobile number may do.
BY_MESSAGE = frozenset({Purpose.CONFIRM_MOBILE, Purpose.QUICK_OPENING})
STATIC = frozenset({Factor.PASSWORD, Factor.PIN})  # the same answer each time, bound to no payment

T = TypeVar("T")
A = TypeVar("A", model.Limits, model.Ceiling, model.MethodLimits, model.PacketLimits)


class PolicyInvalid(FeiqianError):
    """A policy file cannot be used. The text begins with the file and the line."""


class _Wrong(Exception):
    def __init__(self, place: Place, why: str) -> None:
        super().__init__(why)
        self.place, self.why = place, why


def load_policy(name_or_path: str) -> model.Policy:
    """A shipped policy by its name, or any by its path. Raises PolicyInvalid."""
    path = FOLDER / f"{name_or_path}.toml" if name_or_path in SHIPPED else Path(name_or_path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        shipped = ", ".join(SHIPPED)
        raise PolicyInvalid(f"{name_or_path}: cannot be read; give the path of a file, or one of {shipped}") from None
    return read_policy(text, path.name)


def read_policy(text: str, name: str) -> model.Policy:
    """A policy from its text; `name` is what errors call the file. Raises PolicyInvalid."""
    try:
        return _policy(_read(tomllib.loads(text), File, ()))
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        raise PolicyInvalid(f"{name}:{line[1] if line else 1}: is not TOML: {error}") from None
    except _Wrong as wrong:
        raise PolicyInvalid(f"{name}:{line_of(wrong.place, positions(text))}: {wrong.why}") from None


def _read(value: Any, type: type[T], place: Place) -> T:
    """A part of the file as its type. Tables whose names are data (currencies, purposes) are read one by one."""
    try:
        return msgspec.convert(value, type)
    except msgspec.ValidationError as error:
        inner, why = _explain(str(error))
        raise _Wrong(place + inner, why) from None


def _explain(error: str) -> tuple[Place, str]:
    """The place of a validation error, and what to tell; of an unknown key with the one that was meant, perhaps."""
    said, _, at = error.partition(" - at ")
    place: list[str | int] = []
    for name, index in re.findall(r"\.([\w-]+)|\[(\d+)\]", at.strip("`")):
        place.append(name or int(index))
    if unknown := re.search(r"unknown field `(.*)`", said):
        place.append(unknown[1])
        return tuple(place), f"there is no setting {unknown[1]!r} here{_meant(unknown[1])}"
    return tuple(place), said.replace("`", "'") + (f" ({'.'.join(map(str, place))})" if place else "")


def _meant(unknown: str) -> str:
    tables = Table.__subclasses__()
    return _close(unknown, [field.encode_name for table in tables for field in msgspec.structs.fields(table)])


def _close(unknown: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(unknown, known, n=1)
    return f"; did you mean {str(close[0])!r}?" if close else ""


# --- from the file's tables to the policy, with the checks that types cannot make ------------------------------------


def _policy(file: File) -> model.Policy:
    levels = _levels(file.levels)
    currency = _currency(file.currency, ("currency",))
    if any(level.pays and currency not in level.limits for level in levels):
        raise _Wrong(("levels",), f"every level that pays needs limits in {file.currency}, the policy's currency")
    return model.Policy(
        name=file.name,
        currency=currency,
        challenge_seconds=file.challenge_seconds,
        levels=levels,
        cooling=model.Cooling(file.cooling.hours, _by_currency(file.cooling.limits, ("cooling", "limits"), _limits)),
        tries=_tries(file.tries),
        sessions=_sessions(file.sessions),
        sending=model.Sending(**msgspec.structs.asdict(file.sending)),
        passwords=model.PasswordRules(**msgspec.structs.asdict(file.passwords)),
        identity=model.IdentityRules(**msgspec.structs.asdict(file.identity)),
        reports=model.ReportRules(**msgspec.structs.asdict(file.reports)),
        delays=model.Delays(**msgspec.structs.asdict(file.delays)),
        needed=_needed(file.needs),
        corrections=_corrections(file.corrections, levels[-1]),
        methods=_methods(file.methods),
        proof=_proof(file.proof),
        exempt=_exemptions(file.exempt),
        transfers=_transfers(file.transfers),
        packets=_packets(file.packets),
    )


def _corrections(table: CorrectionsTable, highest: model.Level) -> model.Corrections:
    """In currencies that the file does not name: what the highest level may pay."""
    usual = {currency: model.Ceiling(limits.payment, limits.day) for currency, limits in highest.limits.items()}
    tables = {name: getattr(table, name) for name in ("supporter", "approver")}
    return model.Corrections(
        **{name: usual | _by_currency(given, ("corrections", name), _ceiling) for name, given in tables.items()}
    )


def _ceiling(code: str, given: Any, place: Place) -> model.Ceiling:
    ceiling = _amounts(code, _read(given, CeilingTable, place), place, model.Ceiling)
    if ceiling.one > ceiling.day:
        _fail(place, f"{code}: one correction at most what a day allows")
    return ceiling


def _sessions(tables: Mapping[str, Any]) -> dict[Role, model.Timeouts]:
    names = [kind.name for kind in PEOPLE]
    for name in tables:
        if name not in names:
            _fail(("sessions", name), f"nobody who is called {name!r} signs in{_close(name, names)}")
    if missing := [name for name in names if name not in tables]:
        _fail(("sessions",), f"nothing says how long sessions last of: {', '.join(missing)}")
    return {kind.role: _timeouts(tables[kind.name], ("sessions", kind.name)) for kind in PEOPLE}


def _timeouts(given: Any, place: Place) -> model.Timeouts:
    table = _read(given, TimeoutsTable, place)
    return model.Timeouts(table.idle_minutes, table.absolute_hours)


def _tries(table: TriesTable) -> model.Tries:
    minutes = _rising(table.lock_minutes, ("tries", "lock_minutes"))
    return model.Tries(table.at_most, minutes, table.devices, table.per_factor_day)


def _rising(minutes: list[int], place: Place) -> tuple[int, ...]:
    if minutes != sorted(minutes):
        raise _Wrong(place, "each lock in a row lasts at least as long as the one before")
    return tuple(minutes)


def _levels(tables: list[LevelTable]) -> tuple[model.Level, ...]:
    names = [table.name for table in tables]
    if names[:1] != [LOWEST] or names[-1:] != [HIGHEST] or REMOTE not in names[1:-1] or len(set(names)) != len(names):
        _fail(("levels",), f"levels rise from '{LOWEST}' over '{REMOTE}' to '{HIGHEST}', each named once")
    numbers = [table.name for table in sorted(tables, key=lambda table: table.added)]
    levels = tuple(_level(table, index, numbers.index(table.name)) for index, table in enumerate(tables))
    for lower, higher in pairwise(levels):
        _check_rise(lower, higher)
    return levels


def _level(table: LevelTable, index: int, number: int) -> model.Level:
    place: Place = ("levels", index)
    if table.pays != bool(table.limits):
        _fail((*place, "pays"), f"level '{table.name}': a level that pays has limits, and only such a level")
    if index == 0 and table.pays:
        _fail((*place, "pays"), f"level '{table.name}': nobody pays before the identity is checked")
    limits = _by_currency(table.limits, (*place, "limits"), _limits)
    per_day, added = table.unverified_per_day, table.added
    return model.Level(table.name, index, number, table.pays, per_day, limits, table.receives, added)


def _check_rise(lower: model.Level, higher: model.Level) -> None:
    place: Place = ("levels", higher.index)
    if lower.pays and not higher.pays:
        _fail((*place, "pays"), f"level '{higher.name}' is above '{lower.name}', which may pay")
    if higher.unverified_per_day < lower.unverified_per_day:
        _fail((*place, "unverified_per_day"), f"level '{higher.name}' may not allow less than '{lower.name}'")
    for currency, limits in lower.limits.items():
        code = next(c for c, known in BY_CODE.items() if known.number == currency)
        above = higher.limits.get(currency)
        if above is None or any(more < less for more, less in zip(above, limits, strict=True)):
            _fail((*place, "limits", code), f"level '{higher.name}' may not allow less {code} than '{lower.name}'")


def _by_currency(
    tables: Mapping[str, Any], place: Place, read: Callable[[str, Any, Place], T]
) -> dict[CurrencyNumber, T]:
    """The amounts of each currency, by its number."""
    return {_currency(code, (*place, code)): read(code, table, (*place, code)) for code, table in tables.items()}


def _amounts(code: str, table: object, place: Place, shape: type[A]) -> A:
    """What is left out has no bound."""
    given = {name: getattr(table, name) for name in shape._fields}
    wanted = {name: text for name, text in given.items() if text or name not in shape._field_defaults}
    return shape(**{name: _amount(text, code, (*place, name)) for name, text in wanted.items()})


def _limits(code: str, given: Any, place: Place) -> model.Limits:
    limits = _amounts(code, _read(given, LimitsTable, place), place, model.Limits)
    if limits.unverified > limits.payment:
        _fail(place, f"{code}: without verification at most what a payment may be")
    _check_spans(limits, code, place)
    return limits


def _check_spans(limits: model.Limits | model.MethodLimits, code: str, place: Place) -> None:
    spans = [name for name in ("payment", "day", "month", "year") if getattr(limits, name) < model.NO_BOUND]
    for shorter, longer in pairwise(spans):
        if getattr(limits, shorter) > getattr(limits, longer):
            _fail((*place, longer), f"{code}: a {shorter} at most what a {longer} allows")


def _methods(tables: Mapping[str, Any]) -> dict[Scope, Mapping[CurrencyNumber, model.MethodLimits]]:
    known = _named(tables, METHODS, "methods")
    return {Scope(name): _by_currency(table, ("methods", name), _method) for name, table in known.items()}


def _method(code: str, given: Any, place: Place) -> model.MethodLimits:
    limits = _amounts(code, _read(given, MethodTable, place), place, model.MethodLimits)
    _check_spans(limits, code, place)
    return limits


def _proof(table: ProofTable) -> model.ProofRules:
    place: Place = ("proof",)
    one, two = (_sums(getattr(table, name), (*place, name)) for name in ("one_factor", "two_factors"))
    if two and not table.signed:
        _fail((*place, "signed"), "'signed' names the factors with which more than 'two_factors' may be paid")
    return model.ProofRules(one, two, frozenset(table.signed))


def _transfers(table: TransfersTable) -> model.TransferRules:
    place: Place = ("transfers",)
    values = msgspec.structs.asdict(table)
    for name in ("hold_from", "at_most"):
        values[name] = _sums(getattr(table, name), (*place, name))
    for currency, most in values["at_most"].items():
        if most < values["hold_from"].get(currency, most):
            _fail((*place, "at_most"), "what is unusual may be at least as much as is held ('hold_from')")
    return model.TransferRules(**values)


def _exemptions(tables: Mapping[str, Any]) -> dict[model.Place, Mapping[CurrencyNumber, model.Exempt]]:
    known = _named(tables, tuple(model.Place), "exempt")
    return {model.Place(name): _by_currency(table, ("exempt", name), _exempt) for name, table in known.items()}


def _exempt(code: str, given: Any, place: Place) -> model.Exempt:
    table = _read(given, ExemptTable, place)
    if not table.together and table.in_a_row is None:
        _fail(place, f"{code}: 'together' or 'in_a_row' says when strong authentication is due again")
    payment = _amount(table.payment, code, (*place, "payment"))
    together = _amount(table.together, code, (*place, "together")) if table.together else model.NO_BOUND
    if payment > together:
        _fail(place, f"{code}: a payment at most what all of them are together")
    return model.Exempt(payment, together, table.in_a_row or model.NO_BOUND)


def _packets(table: PacketsTable) -> model.PacketRules:
    rules = {name: getattr(table, name) for name in ("shares", "sender_takes", "hours", "made_day", "taken_day")}
    return model.PacketRules(**rules, limits=_by_currency(table.limits, ("packets", "limits"), _packet_limits))


def _packet_limits(code: str, given: Any, place: Place) -> model.PacketLimits:
    limits = _amounts(code, _read(given, PacketLimitsTable, place), place, model.PacketLimits)
    if limits.share > limits.packet:
        _fail(place, f"{code}: a share at most what a packet may be")
    return limits


def _named(tables: Mapping[str, Any], known: Sequence[str], place: str) -> dict[str, dict[str, Any]]:
    """Tables whose names are of this list."""
    for name in tables:
        if name not in known:
            _fail((place, name), f"there is no {name!r} here; there are {', '.join(known)}")
    return {name: _read(table, dict[str, Any], (place, name)) for name, table in tables.items()}


def _sums(amounts: Mapping[str, str], place: Place) -> dict[CurrencyNumber, MinorUnits]:
    """One amount of each currency, by its number."""
    return {_currency(code, (*place, code)): _amount(text, code, (*place, code)) for code, text in amounts.items()}


def _currency(code: str, place: Place) -> CurrencyNumber:
    if code not in BY_CODE:
        _fail(place, f"there is no currency {code!r}; use the letters of ISO 4217")
    return BY_CODE[code].number


def _amount(text: str, code: str, place: Place) -> MinorUnits:
    try:
        amount = parse(text, BY_CODE[code]).minor
        checked(amount)
    except (MoneyInvalid, BoundExceeded) as error:
        raise _Wrong(place, f"{text!r} is no amount of {code}: {error}") from None
    return amount


def _needed(tables: Mapping[str, Any]) -> dict[Purpose, tuple[model.Need, ...]]:
    for name in tables:
        if name not in list(Purpose):
            _fail(("needs", name), f"nothing needs to be proved for {name!r}{_close(name, list(Purpose))}")
    if missing := [purpose.value for purpose in Purpose if not tables.get(purpose)]:
        _fail(("needs",), f"nothing says what is needed for: {', '.join(missing)}")
    return {purpose: _needs(purpose, tables[purpose]) for purpose in Purpose}


def _needs(purpose: Purpose, given: Any) -> tuple[model.Need, ...]:
    place: Place = ("needs", purpose.value)
    tables = _read(given, list[NeedTable], place)
    needs = tuple(_need(table, purpose, (*place, index)) for index, table in enumerate(tables))
    if needs[-1].up_to is not None or any(need.up_to is None for need in needs[:-1]):
        _fail((*place, len(needs) - 1), "the last need of a purpose has no 'up_to', and all before it have")
    for index, (lower, higher) in enumerate(pairwise(needs[:-1]), 1):
        if any(higher.covers(amount, currency) is False for currency, amount in (lower.up_to or {}).items()):
            _fail((*place, index, "up_to"), "needs stand in the order of rising amounts")
    if purpose is Purpose.QUICK_PAYMENT:
        _check_quick(needs, place)
    return needs


def _check_quick(needs: tuple[model.Need, ...], place: Place) -> None:
    """Whoever knows a number and six digits is not known yet: little with one factor, and the least with one that is
    always the same."""
    for index, need in enumerate(needs):
        if need.up_to is None and not all(map(is_strong, need.combinations)):
            _fail((*place, index, "any_of"), "a quick payment of any amount needs two of the three kinds of factors")
        if (index or need.up_to is None) and any(combination <= STATIC for combination in need.combinations):
            _fail((*place, index, "any_of"), "a password or PIN alone is for the smallest quick payments only")


def _need(table: NeedTable, purpose: Purpose, place: Place) -> model.Need:
    combinations = tuple(frozenset(factors) for factors in table.any_of)
    if not all(combinations):
        _fail((*place, "any_of"), "a combination of no factor at all proves nothing")
    if purpose is Purpose.RECOVERY and any(len(combination) < 2 for combination in combinations):
        _fail((*place, "any_of"), "recovery needs two ways to reach the customer: one of them may be a thief's")
    if purpose in BY_MESSAGE and any(Factor.SMS not in combination for combination in combinations):
        _fail((*place, "any_of"), "it is confirmed by what is sent to the mobile number: each combination needs 'sms'")
    if purpose not in BY_AMOUNT and table.up_to:
        _fail((*place, "up_to"), "only of payments can there be larger and smaller ones")
    weak = next((sorted(c) for c in combinations if not is_strong(c)), None)
    if weak and (table.strong or purpose in MUST_BE_STRONG):
        shown = " + ".join(weak)
        _fail((*place, "any_of"), f"'{shown}' is not strong: it needs two of knowledge, possession and inherence")
    return model.Need(combinations, _sums(table.up_to, (*place, "up_to")) or None)


def _fail(place: Place, why: str) -> NoReturn:
    raise _Wrong(place, why)
