"""Staff accounts and proposed changes, as others see them. Times are Unix microseconds; tokens are in no repr."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from feiqian.auth.sessions.model import Session
from feiqian.subjects import Subject, staff


class StaffRole(StrEnum):
    """What a member of staff may do; each may have several."""

    REVIEWER = "reviewer"  # decides on identities
    SUPPORTER = "supporter"  # looks customers up, freezes, works on cases, proposes changes
    APPROVER = "approver"  # approves changes that others have proposed
    AUDITOR = "auditor"  # reads the audit log
    ADMIN = "admin"  # staff accounts


class MemberState(StrEnum):
    INVITED = "invited"  # has not enrolled yet
    ACTIVE = "active"
    SUSPENDED = "suspended"


OPERATOR = staff(0)  # whoever has the machine in hand and uses the command line


@dataclass(frozen=True, slots=True)
class StaffMember:
    """A staff account."""

    number: int
    id: str
    login: str
    name: str
    roles: frozenset[StaffRole]
    state: MemberState
    created_at: int

    @property
    def subject(self) -> Subject:
        return staff(self.number)

    def has(self, *roles: StaffRole) -> bool:
        """Whether they have any one of these roles."""
        return not self.roles.isdisjoint(roles)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A member of staff at work, by this session."""

    member: StaffMember
    session: Session

    @property
    def subject(self) -> Subject:
        return self.member.subject


class ChangeState(StrEnum):
    OPEN = "open"
    APPLYING = "applying"  # approved; a ledger intent is pending
    APPLIED = "applied"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Change:
    """A proposed change of a customer or staff account. `values` are as they were proposed and never change.

    `decided_by` is who approved or refused it, 0 while nobody has; `failure` says why it could not be carried out.
    """

    id: str
    kind: str  # the name of a `change_kinds.ChangeKind`
    about: Subject
    values: Mapping[str, object]
    why: str
    proposer: int
    proposed_at: int
    state: ChangeState
    decided_by: int = 0
    decided_at: int = 0
    note: str = ""
    failure: str = ""
