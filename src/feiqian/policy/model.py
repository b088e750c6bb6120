"""A bank's rules for its customers, as values: levels, limits, what has to be proved for what. Read from a policy file.

Amounts are minor units of the currency. A policy is made by `load.load_policy`, which checks it; nothing changes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

from feiqian.money import NO_CURRENCY, NOTHING, CurrencyNumber, MinorUnits
from feiqian.policy.factors import Factor, Purpose
from feiqian.policy.scopes import Scope
from feiqian.subjects import Role

Combination = frozenset[Factor]


NO_BOUND = MinorUnits(2**63 - 1)  # where a limit is not set


class Limits(NamedTuple):
    """In one currency: the largest payment without verification, the largest payment, all payments of a day, a month
    and a year, and what one account of the customer may hold."""

    unverified: MinorUnits
    payment: MinorUnits
    day: MinorUnits
    month: MinorUnits = NO_BOUND
    year: MinorUnits = NO_BOUND
    balance: MinorUnits = NO_BOUND


NO_LIMITS = Limits(NOTHING, NOTHING, NOTHING)


class MethodLimits(NamedTuple):
    """What one method may pay, in one currency, whatever the level."""

    payment: MinorUnits = NO_BOUND
    day: MinorUnits = NO_BOUND
    month: MinorUnits = NO_BOUND
    year: MinorUnits = NO_BOUND


class Exempt(NamedTuple):
    """Payments without strong authentication, in one currency: the largest, and how much and how many in a row since
    the last one with it."""

    payment: MinorUnits
    together: MinorUnits = NO_BOUND
    in_a_row: int = NO_BOUND


class Place(StrEnum):
    """Where a payment is asked for: the exemptions differ."""

    TILL = "till"
    REMOTE = "remote"


class Receives(StrEnum):
    """From whom a customer may be paid."""

    ANYONE = "anyone"
    BOUND = "bound"  # only from accounts that are bound; the own ones at this bank are


@dataclass(frozen=True, slots=True)
class ProofRules:
    """What may be paid in a day with fewer than two sorts of proof, and with two of which none is a certificate or a
    signature; by currency. `signed`: the factors that are."""

    one_factor: Mapping[CurrencyNumber, MinorUnits] = field(default_factory=dict)
    two_factors: Mapping[CurrencyNumber, MinorUnits] = field(default_factory=dict)
    signed: frozenset[Factor] = frozenset()


@dataclass(frozen=True, slots=True)
class Level:
    """How well a customer's identity is known, and what that allows. `index` is its place, from the lowest (0).

    `number` is what a bank stores for the name, once and for ever; in a policy that no bank has numbered, what a new
    bank would: the place, but that those which were `added` come last.
    """

    name: str
    index: int
    number: int
    pays: bool
    unverified_per_day: int  # payments without verification
    limits: Mapping[CurrencyNumber, Limits]  # by ISO 4217 number
    receives: Receives = Receives.ANYONE
    added: bool = False  # to a policy that banks had before: they counted the others by place

    def limits_in(self, currency: CurrencyNumber) -> Limits | None:
        """None: this level has no wallet in the currency."""
        return self.limits.get(currency)


@dataclass(frozen=True, slots=True)
class Cooling:
    """The low limits for so many hours after something was changed that a thief would change first."""

    hours: int
    limits: Mapping[CurrencyNumber, Limits]

    def limits_in(self, currency: CurrencyNumber) -> Limits:
        return self.limits.get(currency, NO_LIMITS)


@dataclass(frozen=True, slots=True)
class Tries:
    """Wrong answers of one known device, or of all unknown ones together, before a lock; each lock in a row lasts
    longer, the last of them ever again. So many `devices` of a person count for themselves, those used last; wrong
    answers for one factor are at most `per_factor_day` a day in all."""

    at_most: int
    lock_minutes: tuple[int, ...]
    devices: int
    per_factor_day: int

    @property
    def half_of_day(self) -> int:
        """Of one factor, what unknown devices may answer wrongly in a day, and what known ones may: each this much."""
        return self.per_factor_day // 2


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a session lasts without use, and at most."""

    idle_minutes: int
    absolute_hours: int


@dataclass(frozen=True, slots=True)
class Sending:
    """Caps of messages with codes, and when so few codes are entered that somebody is told.

    Those of a country and a prefix are for a small bank; a larger one has a code an hour for `customers_per_code`
    customers.
    """

    per_number_hour: int
    per_number_day: int
    per_prefix_hour: int
    per_country_hour: int
    entered_alarm_share: float  # not money: a share
    entered_alarm_minimum: int  # messages sent, before a share means anything
    customers_per_code: int


@dataclass(frozen=True, slots=True)
class PasswordRules:
    """`min_score` is zxcvbn's, 0 to 4."""

    min_length: int
    min_score: int


@dataclass(frozen=True, slots=True)
class IdentityRules:
    """From which score (0 to 100) a name is like one of the sanctions list; how old a customer has to be, in years; and
    from which score on two people have to clear a match."""

    screening_score: float  # not money: a score
    minimum_age: int
    two_people_score: float  # not money: a score


class Ceiling(NamedTuple):
    """The most by which staff may correct wallets in one currency: at once; and in a day, by one member and of one
    customer."""

    one: MinorUnits
    day: MinorUnits


NO_CORRECTION = Ceiling(NOTHING, NOTHING)


@dataclass(frozen=True, slots=True)
class Corrections:
    """What a supporter may propose and an approver approve, by currency (ISO 4217 number)."""

    supporter: Mapping[CurrencyNumber, Ceiling]
    approver: Mapping[CurrencyNumber, Ceiling]


@dataclass(frozen=True, slots=True)
class ReportRules:
    """How often in a day a lost phone may be reported by identity details: of one person, and from one network."""

    per_person_day: int
    per_network_day: int


@dataclass(frozen=True, slots=True)
class Delays:
    """How long what a thief would ask for waits, once it was proved, so that its owner can stop it."""

    open_lock_hours: int
    raise_limit_hours: int


class PacketLimits(NamedTuple):
    """Of red packets, in one currency: the largest, and the most that one share may be."""

    packet: MinorUnits
    share: MinorUnits


@dataclass(frozen=True, slots=True)
class PacketRules:
    """Of red packets: how many shares one may have, how many of them its sender may take, after how many hours the rest
    returns; how many one customer may make and take in a day. In a currency that `limits` has not, none is made."""

    shares: int = 100
    sender_takes: int = 1
    hours: int = 24
    made_day: int = 50
    taken_day: int = 200
    limits: Mapping[CurrencyNumber, PacketLimits] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TransferRules:
    """Of money to other people. What is unusual (a first payment to a payee, an amount, an hour, a new device) is held
    for `hold_hours` from `hold_from` on, and is at most `at_most`; by currency, of others nothing is. An amount is
    unusual above `larger_times` what the payee was sent at once before, an hour from `night[0]` until `night[1]`.

    Money to a number without a wallet waits `waiting_hours`. A scheduled transfer for which there was too little money
    is tried again after `retry_hours` (0: not); one that could not be made in time is made up to `late_days` later.
    """

    hold_hours: int = 24
    hold_from: Mapping[CurrencyNumber, MinorUnits] = field(default_factory=dict)
    at_most: Mapping[CurrencyNumber, MinorUnits] = field(default_factory=dict)
    larger_times: int = 3
    night: tuple[int, int] = (23, 6)
    waiting_hours: int = 24
    retry_hours: int = 24
    late_days: int = 3


@dataclass(frozen=True, slots=True)
class Need:
    """Any one of the combinations suffices, up to an amount for each currency (None: for any amount)."""

    combinations: tuple[Combination, ...]
    up_to: Mapping[CurrencyNumber, MinorUnits] | None = None

    def covers(self, amount: MinorUnits, currency: CurrencyNumber) -> bool:
        return self.up_to is None or amount <= self.up_to.get(currency, -1)


@dataclass(frozen=True, slots=True)
class Policy:
    """The whole of it. `currency` is that of the wallet a new customer gets."""

    name: str
    currency: CurrencyNumber
    challenge_seconds: int
    levels: tuple[Level, ...]
    cooling: Cooling
    tries: Tries
    sessions: Mapping[Role, Timeouts]  # of all who sign in (`people.PEOPLE`)
    sending: Sending
    passwords: PasswordRules
    identity: IdentityRules
    reports: ReportRules
    delays: Delays
    needed: Mapping[Purpose, tuple[Need, ...]]  # by rising amounts; the last covers every amount
    corrections: Corrections
    methods: Mapping[Scope, Mapping[CurrencyNumber, MethodLimits]] = field(default_factory=dict)
    proof: ProofRules = field(default_factory=ProofRules)
    exempt: Mapping[Place, Mapping[CurrencyNumber, Exempt]] = field(default_factory=dict)
    transfers: TransferRules = field(default_factory=TransferRules)
    packets: PacketRules = field(default_factory=PacketRules)

    def level(self, name: str) -> Level:
        """Raises KeyError for a level that the policy has not."""
        for level in self.levels:
            if level.name == name:
                return level
        raise KeyError(name)

    def level_numbered(self, number: int) -> Level:
        """The level that the bank stores as this number. Raises KeyError."""
        for level in self.levels:
            if level.number == number:
                return level
        raise KeyError(number)

    def numbered(self, numbers: Mapping[str, int]) -> Policy:
        """The same policy with the numbers that a bank has given to the names."""
        return replace(self, levels=tuple(replace(level, number=numbers[level.name]) for level in self.levels))

    def needs(
        self, purpose: Purpose, amount: MinorUnits = NOTHING, currency: CurrencyNumber = NO_CURRENCY
    ) -> tuple[Combination, ...]:
        """The combinations of which any one suffices."""
        return self.needs_by_rising_amounts(purpose, amount, currency)[0]

    def needs_by_rising_amounts(
        self, purpose: Purpose, amount: MinorUnits, currency: CurrencyNumber
    ) -> list[tuple[Combination, ...]]:
        """`needs` of this amount, and then of larger ones, which suffice for it, too."""
        return [need.combinations for need in self.needed[purpose] if need.covers(amount, currency)]
