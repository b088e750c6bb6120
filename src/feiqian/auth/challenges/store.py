"""Challenges as rows. All functions block, in the caller's transaction; what ends a challenge is one SQL statement."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import msgspec
from sqlalchemy import Connection, select, update

from feiqian.auth.challenges import tables
from feiqian.auth.challenges.errors import BindingDiffers, ChallengeNotFound, ChallengeOver, NotPassed
from feiqian.auth.challenges.model import Passed, State
from feiqian.auth.challenges.tables import SUMMARY, TEXT, challenges, changed, of
from feiqian.columns import SUBJECT
from feiqian.field_cipher import FieldCipher
from feiqian.policy.factors import Factor, Purpose
from feiqian.policy.model import Combination
from feiqian.policy.people import SIGNS_IN
from feiqian.runtime import logs
from feiqian.subjects import Subject

OPEN_AT_ONCE = 3  # challenges of one subject, purpose and place
_c = challenges.c
_KEPT_FOR = "verification_passed"  # what was proved, where another feature keeps it
_log = logs.get("feiqian.verification")
# Whoever begins one of these has proved nothing yet.
STRANGERS = frozenset(
    {*SIGNS_IN.values(), Purpose.RECOVERY, Purpose.CONFIRM_MOBILE, Purpose.QUICK_PAYMENT, Purpose.QUICK_OPENING}
)


@dataclass(frozen=True, slots=True)
class Challenge:
    """A row. `state` is as stored: open, passed, spent, void; see `state_at`. Times in Unix microseconds."""

    id: str
    subject: Subject
    purpose: Purpose
    binding: bytes
    text: str
    summary: str
    language: str
    combinations: tuple[Combination, ...]
    passed: tuple[Factor, ...]
    state: State
    evidence: str
    begun_at: int
    expires_at: int
    place: str  # where wrong answers are counted: a known device's id, or attempts.UNKNOWN
    hopeless: bool = False  # no answer is right: begun with details that are not the subject's

    def state_at(self, now: int) -> State:
        return "expired" if self.state in ("open", "passed") and now >= self.expires_at else self.state

    @property
    def by_stranger(self) -> bool:
        """Nothing has been proved: what is told is told to anybody."""
        return self.purpose in STRANGERS and not self.passed

    def asks(self, factor: Factor) -> bool:
        return factor not in self.passed and any(factor in combination for combination in self.combinations)

    def complete(self) -> bool:
        return any(combination <= set(self.passed) for combination in self.combinations)


def add(connection: Connection, cipher: FieldCipher, challenge: Challenge) -> bool:
    """Whether there was none of this id yet; of two who add the same, one does."""
    row = {"id": challenge.id} | SUBJECT.values(challenge.subject)
    row |= {"purpose": challenge.purpose, "bound": challenge.binding, "language": challenge.language}
    row |= {"text": TEXT.seal(cipher, challenge.text, challenge.id)}
    row |= {"summary": SUMMARY.seal(cipher, challenge.summary, challenge.id)}
    row |= {"combinations": challenge.combinations, "state": challenge.state}
    row |= {"passed": challenge.passed, "evidence": challenge.evidence}
    row |= {"begun_at": challenge.begun_at, "expires_at": challenge.expires_at, "place": challenge.place}
    row["hopeless"] = int(challenge.hopeless)
    return tables.insert_missing(connection, challenges, row)


def load(connection: Connection, cipher: FieldCipher, id: str, subject: Subject, *, lock: bool = False) -> Challenge:
    """A subject's challenge; `lock`: nobody else changes it before this transaction ends. Raises ChallengeNotFound."""
    query = select(challenges).where(_c.id == id, of(challenges, subject))
    row: Any = connection.execute(query.with_for_update() if lock else query).first()
    if row is None:
        _log.warning("challenge_not_found", challenge=id[:40], subject=str(subject))
        raise ChallengeNotFound
    return Challenge(
        id=row.id,
        subject=SUBJECT.of(row),
        purpose=row.purpose,
        binding=bytes(row.bound),
        text=TEXT.text(cipher, row.text, row.id),
        summary=SUMMARY.text(cipher, row.summary, row.id),
        language=row.language,
        combinations=row.combinations,
        passed=row.passed,
        state=row.state,
        evidence=row.evidence,
        begun_at=row.begun_at,
        expires_at=row.expires_at,
        place=row.place,
        hopeless=bool(row.hopeless),
    )


def make_room(connection: Connection, subject: Subject, purpose: Purpose, place: str, now: int) -> None:
    """Voids the oldest of one purpose and place until another may be begun: strangers end none of a known device.

    Those in which nothing was passed yet go first: a stranger who begins many cannot end the one that the owner is
    about to pass.
    """
    alive = (_c.purpose == purpose) & (_c.place == place) & _c.state.in_(("open", "passed")) & (_c.expires_at > now)
    query = select(_c.id).where(of(challenges, subject), alive).order_by((_c.passed != ()).desc(), _c.id.desc())
    many = connection.execute(query.offset(OPEN_AT_ONCE - 1)).scalars().all()
    if many:
        connection.execute(update(challenges).where(_c.id.in_(many)).values(state="void"))


def record(connection: Connection, challenge: Challenge, now: int) -> Challenge:
    """Writes what was passed, combinations, and evidence of an open challenge; it is passed if one is complete.

    Raises ChallengeOver if it is open no more.
    """
    state: State = "passed" if challenge.complete() else "open"
    statement = (
        update(challenges)
        .where(_c.id == challenge.id, _c.state == "open", _c.expires_at > now)
        .values(
            passed=challenge.passed,
            combinations=challenge.combinations,
            evidence=challenge.evidence,
            state=state,
            **SUBJECT.values(challenge.subject),
        )
    )
    if not changed(connection, statement):
        raise ChallengeOver(challenge.state_at(now))
    return replace(challenge, state=state)


def ask_for_more(connection: Connection, challenge: Challenge, needs: tuple[Combination, ...], now: int) -> None:
    """Opens one again that was passed and not spent: it waits for one of these; what was passed counts still."""
    passed = (_c.id == challenge.id) & (_c.state == "passed") & (_c.expires_at > now)
    connection.execute(update(challenges).where(passed).values(combinations=needs, state="open"))


def void(connection: Connection, id: str) -> None:
    """Ends a challenge that is open or passed."""
    connection.execute(update(challenges).where(_c.id == id, _c.state.in_(("open", "passed"))).values(state="void"))


def consume(connection: Connection, challenge: Challenge, binding: bytes, now: int) -> Passed:
    """Uses it once: of two at once, one wins. Raises BindingDiffers, NotPassed, ChallengeOver; voids nothing itself."""
    check_passed(challenge, binding, now)
    spent = update(challenges).where(_c.id == challenge.id, _c.state == "passed").values(state="spent")
    if not changed(connection, spent):
        raise ChallengeOver("spent")
    return Passed(challenge.id, challenge.passed, challenge.evidence, now, challenge.subject, challenge.purpose)


def spent(challenge: Challenge, binding: bytes, at: int) -> Passed | None:
    """What was proved by one that was consumed for this, at this time (Unix microseconds); None by any other."""
    if challenge.state != "spent" or challenge.binding != binding:
        return None
    return Passed(challenge.id, challenge.passed, challenge.evidence, at, challenge.subject, challenge.purpose)


def keep(cipher: FieldCipher, passed: Passed, use: str) -> bytes:
    """What was proved, sealed for this use alone; nobody without the bank's data key makes another."""
    return cipher.seal(msgspec.msgpack.encode(passed), f"{_KEPT_FOR}/{use}")


def kept(cipher: FieldCipher, sealed: bytes, use: str) -> Passed:
    """What `keep` has sealed. Raises SealBroken."""
    return msgspec.msgpack.decode(cipher.open(sealed, f"{_KEPT_FOR}/{use}"), type=Passed)


def check_passed(challenge: Challenge, binding: bytes, now: int) -> None:
    """Raises what `consume` would raise now: BindingDiffers, NotPassed, ChallengeOver."""
    if challenge.state == "void":
        raise ChallengeOver("void")
    if challenge.binding != binding:
        raise BindingDiffers
    state = challenge.state_at(now)
    if state != "passed":
        raise NotPassed if state == "open" else ChallengeOver(state)
