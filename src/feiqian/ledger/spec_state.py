"""The specification's state: accounts, remembered transfers, allowances and claims, and how they are asked.

Changes nothing; `spec.py` does. Imports nothing but the protocol.
"""

from __future__ import annotations

from collections import defaultdict

from .engine import UNLIMITED, Account, InvariantBroken, Moment, Remembered, Totals, period_number


class AccountEntry:
    __slots__ = (
        "credits_pending",
        "credits_posted",
        "currency",
        "debits_pending",
        "debits_posted",
        "id",
        "kind",
        "overdraft",
        "place",
        "stops",
    )

    def __init__(self, id: bytes, place: int, kind: int, currency: int, overdraft: int) -> None:
        self.id, self.place, self.kind, self.currency, self.overdraft = id, place, kind, currency, overdraft
        self.debits_posted = self.credits_posted = self.debits_pending = self.credits_pending = self.stops = 0

    def available(self) -> int:
        """What may still be debited: posted credits and the overdraft, less all debits, posted and pending."""
        if self.overdraft == UNLIMITED:
            return UNLIMITED
        return max(0, self.credits_posted + self.overdraft - self.debits_posted - self.debits_pending)


class TransferEntry:
    """A remembered id. `debit` and `credit` are places of accounts; of a CAPTURE or RELEASE, `debit` is its hold's."""

    __slots__ = ("amount", "credit", "debit", "fold", "id", "kind", "place", "status", "type")

    def __init__(
        self, id: bytes, place: int, type: int, status: int, amount: int, debit: int, credit: int, kind: int, fold: int
    ) -> None:
        self.id, self.place, self.type, self.status, self.amount = id, place, type, status, amount
        self.debit, self.credit, self.kind, self.fold = debit, credit, kind, fold


class AllowanceEntry:
    __slots__ = ("cap", "id", "number", "period", "used")

    def __init__(self, id: bytes, cap: int, used: int, number: int, period: int) -> None:
        self.id, self.cap, self.used, self.number, self.period = id, cap, used, number, period


class SpecState:
    """What an engine knows, and the invariants of it."""

    def __init__(self) -> None:
        self._seconds = self._day = 0
        self._accounts: dict[bytes, AccountEntry] = {}
        self._account_at: list[AccountEntry] = []
        self._transfers: dict[bytes, TransferEntry] = {}
        self._transfer_at: list[TransferEntry] = []
        self._holds: dict[int, int] = {}  # open holds: place of the transfer -> expires (seconds, 0 = never)
        self._due: list[tuple[int, int]] = []  # heap of (expires, place); stale entries are skipped
        self._allowances: dict[bytes, AllowanceEntry] = {}
        self._claims: dict[bytes, int] = {}  # id -> until (seconds)
        self._claims_due: list[tuple[int, bytes]] = []  # heap

    def account(self, id: bytes) -> Account | None:
        a = self._accounts.get(id)
        if a is None:
            return None
        sums = a.debits_posted, a.credits_posted, a.debits_pending, a.credits_pending
        return Account(a.kind, a.currency, a.overdraft, *sums, a.stops)

    def used(self, id: bytes) -> tuple[int, int] | None:
        a = self._allowances.get(id)
        if a is None:
            return None
        return (a.used if a.number == period_number(a.period, self._day) else 0), a.cap

    def remembered(self, id: bytes) -> Remembered | None:
        t = self._transfers.get(id)
        return None if t is None else Remembered(t.type, t.amount, t.kind, t.status)

    def claimed(self, id: bytes) -> bool:
        return id in self._claims

    @property
    def moment(self) -> Moment:
        return Moment(self._seconds, self._day)

    def totals(self) -> dict[int, Totals]:
        sums: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        for a in self._account_at:
            of_currency = sums[a.currency]
            of_currency[0] += a.debits_posted
            of_currency[1] += a.credits_posted
            of_currency[2] += a.debits_pending
            of_currency[3] += a.credits_pending
        return {currency: Totals(*four) for currency, four in sorted(sums.items())}

    def counts(self) -> tuple[int, int, int, int]:
        return len(self._account_at), len(self._transfer_at), len(self._allowances), len(self._claims)

    def check(self) -> None:
        for currency, t in self.totals().items():
            if t.debits_posted != t.credits_posted or t.debits_pending != t.credits_pending:
                raise InvariantBroken(f"currency {currency}: debits and credits differ: {t}")
        self._check_pending()
        for a in self._account_at:
            if a.overdraft != UNLIMITED and a.debits_posted + a.debits_pending > a.credits_posted + a.overdraft:
                raise InvariantBroken(f"account {a.id.hex()} is beyond its overdraft of {a.overdraft}")

    def _check_pending(self) -> None:
        debits, credits = [0] * len(self._account_at), [0] * len(self._account_at)
        for place in self._holds:
            hold = self._transfer_at[place]
            debits[hold.debit] += hold.amount
            credits[hold.credit] += hold.amount
        for a in self._account_at:
            has, open_holds = (a.debits_pending, a.credits_pending), (debits[a.place], credits[a.place])
            if has != open_holds:
                raise InvariantBroken(f"account {a.id.hex()}: pending {has}, open holds {open_holds}")
