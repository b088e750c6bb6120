"""The tables of a policy file, as types: every setting there is, and what values it may have at all.

What several settings have to be together is checked in `load`. Numbers have upper bounds, so that a slip of the pen
cannot become a time or a sum that nothing else can hold.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from feiqian.policy.factors import Factor
from feiqian.policy.model import Receives
from feiqian.strings.patterns import matching

# The platform's own bounds, whatever the bank wishes.
MOST_CHALLENGE_SECONDS, MOST_TRIES, MOST_DEVICES, MOST_PER_FACTOR_DAY = 300, 5, 10, 60
MOST_REPORTS, MOST_DELAY_HOURS, MOST_LATE_DAYS = 10, 168, 14
MOST_SHARES, MOST_PACKET_HOURS = 500, 168  # of red packets
MANY, YEAR_MINUTES, YEAR_HOURS = 1_000_000, 525_600, 8_760

Name = Annotated[str, matching("[a-z][a-z0-9_-]{0,30}")]
Count = Annotated[int, msgspec.Meta(ge=0, le=MANY)]
Positive = Annotated[int, msgspec.Meta(ge=1, le=MANY)]
Minutes = Annotated[int, msgspec.Meta(ge=1, le=YEAR_MINUTES)]
Hours = Annotated[int, msgspec.Meta(ge=1, le=YEAR_HOURS)]
HourOfDay = Annotated[int, msgspec.Meta(ge=0, le=23)]
Amounts = dict[str, str]


class Table(msgspec.Struct, forbid_unknown_fields=True):
    """A table of the file."""


class LimitsTable(Table):
    unverified: str
    payment: str
    day: str
    month: str = ""
    year: str = ""
    balance: str = ""


class MethodTable(Table):
    payment: str = ""
    day: str = ""
    month: str = ""
    year: str = ""


class ExemptTable(Table):
    payment: str
    together: str = ""
    in_a_row: Positive | None = None


class ProofTable(Table):
    one_factor: Amounts = {}
    two_factors: Amounts = {}
    signed: list[Factor] = []


class LevelTable(Table):
    name: Name
    pays: bool
    unverified_per_day: Count = 0
    limits: dict[str, Any] = {}
    receives: Receives = Receives.ANYONE
    added: bool = False


class CoolingTable(Table):
    hours: Hours
    limits: dict[str, Any]


class TriesTable(Table):
    at_most: Annotated[int, msgspec.Meta(ge=1, le=MOST_TRIES)]
    lock_minutes: Annotated[list[Minutes], msgspec.Meta(min_length=1)]
    devices: Annotated[int, msgspec.Meta(ge=1, le=MOST_DEVICES)] = 5
    per_factor_day: Annotated[int, msgspec.Meta(ge=2, le=MOST_PER_FACTOR_DAY)] = 30


class TimeoutsTable(Table):
    idle_minutes: Minutes
    absolute_hours: Hours


class SendingTable(Table):
    per_number_hour: Positive
    per_number_day: Positive
    per_prefix_hour: Positive
    per_country_hour: Positive
    entered_alarm_share: Annotated[float, msgspec.Meta(ge=0, le=1)]  # not money: a share
    entered_alarm_minimum: Positive
    customers_per_code: Positive = 20


class PasswordsTable(Table):
    min_length: Annotated[int, msgspec.Meta(ge=8, le=64)]
    min_score: Annotated[int, msgspec.Meta(ge=2, le=4)]


class IdentityTable(Table):
    screening_score: Annotated[float, msgspec.Meta(ge=50, le=100)]  # not money: a score
    minimum_age: Annotated[int, msgspec.Meta(ge=0, le=150)]
    two_people_score: Annotated[float, msgspec.Meta(ge=50, le=100)] = 95.0  # not money: a score


class CeilingTable(Table):
    one: str
    day: str


class CorrectionsTable(Table):
    supporter: dict[str, Any] = {}
    approver: dict[str, Any] = {}


class ReportsTable(Table):
    per_person_day: Annotated[int, msgspec.Meta(ge=1, le=MOST_REPORTS)] = 3
    per_network_day: Positive = 50


class DelaysTable(Table):
    open_lock_hours: Annotated[int, msgspec.Meta(ge=1, le=MOST_DELAY_HOURS)] = 24
    raise_limit_hours: Annotated[int, msgspec.Meta(ge=1, le=MOST_DELAY_HOURS)] = 24


class TransfersTable(Table):
    hold_hours: Annotated[int, msgspec.Meta(ge=1, le=MOST_DELAY_HOURS)] = 24
    hold_from: Amounts = {}
    at_most: Amounts = {}
    larger_times: Annotated[int, msgspec.Meta(ge=1, le=100)] = 3
    night: tuple[HourOfDay, HourOfDay] = (23, 6)
    waiting_hours: Annotated[int, msgspec.Meta(ge=1, le=MOST_DELAY_HOURS)] = 24
    retry_hours: Annotated[int, msgspec.Meta(ge=0, le=MOST_DELAY_HOURS)] = 24
    late_days: Annotated[int, msgspec.Meta(ge=0, le=MOST_LATE_DAYS)] = 3


class PacketLimitsTable(Table):
    packet: str
    share: str


class PacketsTable(Table):
    """`sender_takes`: nobody takes more than one share of a packet."""

    shares: Annotated[int, msgspec.Meta(ge=1, le=MOST_SHARES)] = 100
    sender_takes: Annotated[int, msgspec.Meta(ge=0, le=1)] = 1
    hours: Annotated[int, msgspec.Meta(ge=1, le=MOST_PACKET_HOURS)] = 24
    made_day: Positive = 50
    taken_day: Positive = 200
    limits: dict[str, Any] = {}


class NeedTable(Table):
    any_of: Annotated[list[list[Factor]], msgspec.Meta(min_length=1)]
    strong: bool = False
    up_to: Amounts = {}


class File(Table):
    name: Name
    currency: str
    challenge_seconds: Annotated[int, msgspec.Meta(ge=30, le=MOST_CHALLENGE_SECONDS)]
    levels: list[LevelTable]
    cooling: CoolingTable
    tries: TriesTable
    sessions: dict[str, Any]
    sending: SendingTable
    passwords: PasswordsTable
    identity: IdentityTable
    needs: dict[str, Any]
    corrections: CorrectionsTable = msgspec.field(default_factory=CorrectionsTable)
    methods: dict[str, Any] = {}
    proof: ProofTable = msgspec.field(default_factory=ProofTable)
    exempt: dict[str, Any] = {}
    delays: DelaysTable = msgspec.field(default_factory=DelaysTable)
    reports: ReportsTable = msgspec.field(default_factory=ReportsTable)
    transfers: TransfersTable = msgspec.field(default_factory=TransfersTable)
    packets: PacketsTable = msgspec.field(default_factory=PacketsTable)
