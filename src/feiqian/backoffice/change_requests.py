"""Changes of money, limits, levels and roles: proposed by one, approved by another, done once; all in the audit log.

A change goes open → applying → applied, or open → refused. Only one of two who approve at once moves it to applying.
Applying is a ledger intent. If carrying it out fails, the change says so and is open again; if the outcome is unknown,
or there was a crash, it stays applying and is carried out again (every act is idempotent).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, func, insert, select, update
from sqlalchemy.exc import OperationalError

from feiqian.audit_log.log import AuditLog
from feiqian.auth.challenges.model import ChallengeBinding, ChallengeView
from feiqian.auth.challenges.service import Verification
from feiqian.backoffice.ceilings import Ceilings, Correction
from feiqian.backoffice.change_kinds import ChangeKinds, Effect
from feiqian.backoffice.errors import ChangeFailed, ChangeInvalid, ChangeNotFound, ChangeOver, OwnChange
from feiqian.backoffice.members import Members, require
from feiqian.backoffice.model import Change, ChangeState, StaffMember, StaffRole
from feiqian.backoffice.reasons import is_reason
from feiqian.backoffice.tables import NOTE, WHY, changes
from feiqian.clock import Clock
from feiqian.columns import SUBJECT
from feiqian.db import DatabaseMoved
from feiqian.errors import FeiqianError, LedgerError
from feiqian.field_cipher import FieldCipher
from feiqian.ids import CHANGE, new_id
from feiqian.ledger_intents.errors import IntentRefused
from feiqian.ledger_intents.model import IntentKind, LedgerIntent
from feiqian.ledger_intents.service import LedgerIntents
from feiqian.money import CurrencyNumber, MinorUnits
from feiqian.policy.factors import Factor, Purpose
from feiqian.policy.model import Policy
from feiqian.runtime import logs
from feiqian.runtime.paging import FIRST, Ask, Order, Page, page_of
from feiqian.runtime.transactions import Transactions, reads, writes
from feiqian.runtime.work import WorkOverdue
from feiqian.subjects import Subject, staff

MAX_WHY = 500
MAX_FAILURE = 200
MANY = 50
CHANGE_REQUEST = "change_request"
_c = changes.c
NEWEST = Order((_c.proposed_at, _c.id))
OLDEST = NEWEST._replace(newest_first=False)
BY_ID = Order((_c.id,))  # ids are in order of time; no index has all that are decided by when they were
_log = logs.get("feiqian.staff")


class Approved(msgspec.Struct, frozen=True):
    """The change, whose id is the intent's subject, says all."""


class ChangeRequests:
    """The changes of one bank. Amounts in `values` are minor units; what each kind takes it says itself."""

    def __init__(
        self,
        transactions: Transactions,
        cipher: FieldCipher,
        clock: Clock,
        audit_log: AuditLog,
        intents: LedgerIntents,
        members: Members,
        kinds: ChangeKinds,
        verification: Verification,
        policy: Policy,
    ) -> None:
        self.transactions, self._cipher, self._clock = transactions, cipher, clock
        self._audit_log, self._members, self.kinds, self._verification = audit_log, members, kinds, verification
        self._ceilings, self._intents = Ceilings(policy, clock, kinds.capped), intents

    @property
    def intent(self) -> IntentKind:
        return IntentKind(CHANGE_REQUEST, Approved, self._in_ledger, self._applied, refuse=self._failed)

    # --- asking ------------------------------------------------------------------------------------------------

    @reads
    def get(self, connection: Connection, id: str) -> Change:
        """Raises ChangeNotFound."""
        return self._one(connection, id)

    @reads
    def waiting(self, connection: Connection, ask: Ask = FIRST) -> Page[Change]:
        """A page of the open ones, the oldest first."""
        return self._page(connection, _c.state == ChangeState.OPEN, OLDEST, ask, MANY)

    @reads
    def decided(self, connection: Connection, ask: Ask = FIRST, limit: int = MANY) -> Page[Change]:
        """A page of those decided or under way, the newest proposed first."""
        return self._page(connection, _c.state != ChangeState.OPEN, BY_ID, ask, limit)

    @reads
    def of(self, connection: Connection, about: Subject, ask: Ask = FIRST, limit: int = MANY) -> Page[Change]:
        """A page of the changes of somebody's accounts, the newest first."""
        return self._page(connection, SUBJECT.are(changes, about), NEWEST, ask, limit)

    def count_waiting(self, connection: Connection) -> int:
        """How many are open."""
        return connection.execute(select(func.count()).where(_c.state == ChangeState.OPEN)).scalar_one()

    # --- proposing and deciding ----------------------------------------------------------------------------------

    async def propose(
        self, kind: str, about: Subject, values: Mapping[str, object], by: StaffMember, why: str
    ) -> Change:
        """Keeps the values as they are now, for somebody else to approve. Raises ChangeInvalid, NotAllowed."""
        require(by, *self.kinds.find(kind).proposers)
        check_why(why)
        await self.kinds.check(kind, about, values)
        effect = await self.kinds.effect(kind, about, values)
        return await self.transactions.write(self._propose, kind, about, values, by, why.strip(), effect)

    @writes
    def confirm(
        self, connection: Connection, id: str, by: StaffMember, language: str, device: str | None = None
    ) -> ChallengeView:
        """What who approves has to pass first: fresh factors, for this change as it stands and nothing else.

        `device`: that of the session, where wrong answers count for themselves, whatever strangers answer elsewhere.
        Raises NotAllowed, OwnChange, ChangeNotFound, ChangeOver, and verification's FactorNotEnrolled.
        """
        change, _ = self._for_approval(connection, id, by)
        return self._verification.begin.within(connection, by.subject, self._binding(change), language, device=device)

    async def approve(self, id: str, by: StaffMember, challenge: str) -> Change:
        """Carries the change out, once; `challenge` is of `confirm`, and is passed.

        Raises NotAllowed, OwnChange, ChangeNotFound, ChangeOver, CeilingExceeded, ChangeFailed, and verification's
        NotPassed, BindingDiffers, ChallengeOver, ChallengeNotFound.
        """
        before = await self.get(id)
        is_open = before.state is ChangeState.OPEN
        effect = await self.kinds.effect(before.kind, before.about, before.values) if is_open else None
        await self.transactions.write(self._begin, id, by, challenge, effect)
        await self._intents.finish(CHANGE_REQUEST, id)
        change = await self.get(id)
        if change.state is ChangeState.OPEN:
            raise ChangeFailed(change.failure)
        return change

    @writes
    def refuse(self, connection: Connection, id: str, by: StaffMember, note: str) -> Change:
        """Refuses it; who made it thereby takes it back. Raises NotAllowed, ChangeNotFound, ChangeOver."""
        change, now = self._one(connection, id), self._clock.now()
        own = by.number == change.proposer
        self._members.still(connection, by, *(StaffRole if own else (StaffRole.APPROVER,)))
        sealed = NOTE.seal(self._cipher, note.strip()[:MAX_WHY], id)
        self._move(connection, change, ChangeState.REFUSED, decided_by=by.number, decided_at=now, note=sealed)
        self._record(connection, by.subject, "change_withdrawn" if own else "change_refused", change, now)
        return self._one(connection, id)

    async def _in_ledger(self, intent: LedgerIntent) -> None:
        change = await self.get(intent.subject)
        try:
            await self.kinds.apply(change, staff(change.decided_by))
        except (LedgerError, WorkOverdue, DatabaseMoved, OperationalError):
            raise  # the outcome is unknown: it stays applying
        except Exception as error:
            if await self.transactions.read(self._intents.any_pending, str(change.about)):
                raise  # an act that is an intent itself will still be carried out
            if not isinstance(error, FeiqianError):
                _log.error("staff_change_failed", change=change.id, exc_info=error)
            raise IntentRefused(str(error) if isinstance(error, FeiqianError) else type(error).__name__) from error

    # --- in the database -----------------------------------------------------------------------------------------

    def _propose(
        self,
        connection: Connection,
        kind: str,
        about: Subject,
        values: Mapping[str, object],
        by: StaffMember,
        why: str,
        effect: Effect | None,
    ) -> Change:
        now_by = self._members.still(connection, by, *self.kinds.find(kind).proposers)
        now = self._clock.now()
        if kind in self.kinds.capped:
            self._ceilings.check_proposal(connection, now_by, about, _money(values), now)
        id = new_id(CHANGE, now)
        row = {
            "id": id,
            "kind": kind,
            "values": values,
            "why": WHY.seal(self._cipher, why, id),
            "maker": by.number,
            "proposed_at": now,
            "state": ChangeState.OPEN,
            "decided_by": 0,
            "decided_at": 0,
            "note": NOTE.seal(self._cipher, "", id),
            "failure": "",
        }
        connection.execute(insert(changes).values(row | SUBJECT.values(about)))
        change = self._one(connection, id)
        self._record(connection, by.subject, "change_proposed", change, now, effect=effect)
        return change

    def _for_approval(self, connection: Connection, id: str, by: StaffMember) -> tuple[Change, StaffMember]:
        """The change, and who approves as the account is now."""
        approver = self._members.still(connection, by, StaffRole.APPROVER)
        change = self._one(connection, id)
        if by.number == change.proposer or by.subject == change.about:
            raise OwnChange
        if change.state is not ChangeState.OPEN:
            raise ChangeOver(change.state)
        return change, approver

    def _begin(self, connection: Connection, id: str, by: StaffMember, challenge: str, effect: Effect | None) -> None:
        change, approver = self._for_approval(connection, id, by)
        now = self._clock.now()
        passed = self._verification.consume_within(connection, challenge, by.subject, self._binding(change), now)
        self._move(connection, change, ChangeState.APPLYING, decided_by=by.number, decided_at=now, failure="")
        if change.kind in self.kinds.capped:
            self._ceilings.check_approval(connection, approver, change, _money(change.values), now)
        self._record(connection, by.subject, "change_approved", change, now, passed.factors, effect)
        self._intents.put(connection, CHANGE_REQUEST, id, Approved())

    def _binding(self, change: Change) -> ChallengeBinding:
        return confirmed_by(change, self.kinds.find(change.kind).confirmed)

    def _applied(self, connection: Connection, intent: LedgerIntent, now: int) -> None:
        change = self._end(connection, intent.subject, ChangeState.APPLIED, "")
        self._record(connection, staff(change.decided_by), "change_applied", change, now)
        kind, values = self.kinds.read(change.kind, change.values)
        kind.tell(connection, change, values, now)

    def _failed(self, connection: Connection, intent: LedgerIntent, why: str, now: int) -> None:
        change = self._end(connection, intent.subject, ChangeState.OPEN, why[:MAX_FAILURE])
        self._record(connection, staff(change.decided_by), "change_failed", change, now)

    def _end(self, connection: Connection, id: str, state: ChangeState, failure: str) -> Change:
        connection.execute(update(changes).where(_c.id == id).values(state=state, failure=failure))
        return self._one(connection, id)

    def _move(self, connection: Connection, change: Change, state: ChangeState, **values: Any) -> None:
        """From open; of several who try, one succeeds."""
        moved = update(changes).where(_c.id == change.id, _c.state == ChangeState.OPEN)
        if not connection.execute(moved.values(state=state, **values)).rowcount:
            raise ChangeOver(self._one(connection, change.id).state)

    def _record(
        self,
        connection: Connection,
        by: Subject,
        action: str,
        change: Change,
        now: int,
        factors: tuple[Factor, ...] = (),
        effect: Effect | None = None,
    ) -> None:
        details: dict[str, object] = {"change": change.id, "kind": change.kind, **change.values}
        if factors:
            details["factors"] = factors
        if effect is not None:
            details |= effect._asdict()
        self._audit_log.append(connection, by, action, str(change.about), details, now)

    def _page(
        self, connection: Connection, which: ColumnElement[bool], order: Order, ask: Ask, limit: int
    ) -> Page[Change]:
        found = page_of(connection, select(changes).where(which), order, ask, limit)
        return found.of([self._change(row) for row in found.items])

    def _one(self, connection: Connection, id: str) -> Change:
        row = connection.execute(select(changes).where(_c.id == id)).first()
        if row is None:
            raise ChangeNotFound
        return self._change(row)

    def _change(self, row: Any) -> Change:
        return Change(
            row.id,
            row.kind,
            SUBJECT.of(row),
            row._mapping[_c["values"]],
            WHY.text(self._cipher, row.why, row.id),
            row.maker,
            row.proposed_at,
            row.state,
            row.decided_by,
            row.decided_at,
            NOTE.text(self._cipher, row.note, row.id),
            row.failure,
        )


def check_why(why: str) -> None:
    """Raises ChangeInvalid for a reason that nobody can judge by, or that is too long."""
    if not (is_reason(why) and len(why.strip()) <= MAX_WHY):
        raise ChangeInvalid("why")


def confirmed_by(change: Change, names: Sequence[str]) -> ChallengeBinding:
    """What a challenge confirms of a change (dynamic linking): its amount and account, and all of its content.

    `names` are the values that are told in words.
    """
    amount, currency = (change.values.get(name, 0) for name in ("amount", "currency"))
    assert isinstance(amount, int)
    assert isinstance(currency, int)
    said = [text for name in names if (text := _said(change.values.get(name, "")))]
    content = [change.id, change.kind, str(change.about), change.values, change.why, change.proposer]
    digest = hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()
    return ChallengeBinding(
        purpose=Purpose.STAFF_ACT,
        kind=change.kind,
        amount=MinorUnits(abs(amount)),
        currency=CurrencyNumber(currency),
        payee=str(change.about) if amount >= 0 else "",
        payer=str(change.about) if amount < 0 else "",
        reference=" · ".join([change.id, *said, digest]),
    )


def _said(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _money(values: Mapping[str, object]) -> Correction:
    """Currency and amount of what counts towards the ceilings."""
    currency, amount = values["currency"], values["amount"]
    assert isinstance(currency, int)
    assert isinstance(amount, int)
    return CurrencyNumber(currency), MinorUnits(amount)
