"""Staff accounts as the audit log tells of them: roles and states, compared with what is stored.

Every change of an account is in the audit log in the same transaction; accounts of a bank that is older than this begin
with a baseline of each, written at the first start. Blocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, cast

from sqlalchemy import Connection

from feiqian.audit_log.entry import Entry
from feiqian.audit_log.log import AuditLog
from feiqian.backoffice.members import Members
from feiqian.backoffice.model import OPERATOR, MemberState

ABOUT, DONE, BASELINE, ROLES_SET = "staff", "staff_baseline_written", "staff_baseline", "staff_roles_set"
_STATES = {
    "staff_invited": MemberState.INVITED,
    "staff_enrolled": MemberState.ACTIVE,
    "staff_suspended": MemberState.SUSPENDED,
}
_ACTIONS = ("staff_added", BASELINE, DONE, ROLES_SET, *_STATES)


class _Account(NamedTuple):
    roles: frozenset[str]
    state: str


def record_baseline(audit_log: AuditLog, connection: Connection, members: Members, now: int) -> bool:
    """Writes what every account is, once in a bank's life; whether it was written now."""
    if any(entry.action == DONE for entry in audit_log.of(connection, ABOUT)):
        return False
    for member in members.all(connection):
        details = {"roles": tuple(sorted(member.roles)), "state": member.state.value}
        audit_log.append(connection, OPERATOR, BASELINE, str(member.subject), details, now)
    audit_log.append(connection, OPERATOR, DONE, ABOUT, {}, now)
    return True


def differences(audit_log: AuditLog, connection: Connection, members: Members) -> Iterator[str]:
    """Accounts that are not what the audit log says; nothing where no baseline was written yet."""
    told = _told(audit_log.each(connection, _ACTIONS))
    if told is None:
        return
    stored = {str(one.subject): _Account(frozenset(one.roles), one.state) for one in members.all(connection)}
    for name in sorted(stored.keys() | told.keys()):
        is_now, was = stored.get(name), told.get(name)
        if is_now is None or was is None:
            yield f"the account {name} {'is gone' if is_now is None else 'was added without the audit log'}"
            continue
        if is_now.roles != was.roles:
            yield f"the account {name} has the roles {_list(is_now)}; the audit log says {_list(was)}"
        if is_now.state != was.state:
            yield f"the account {name} is {is_now.state}; the audit log says {was.state}"


def _told(entries: Iterable[Entry]) -> dict[str, _Account] | None:
    told: dict[str, _Account] = {}
    complete = False
    for entry in entries:
        if entry.action == DONE:
            complete = True
            continue
        before = told.get(entry.about, _Account(frozenset(), MemberState.INVITED))
        told[entry.about] = _after(entry, before)
    return told if complete else None


def _after(entry: Entry, before: _Account) -> _Account:
    roles = before.roles
    if "roles" in entry.details:
        roles = frozenset(cast(Sequence[str], entry.details["roles"]))
    if entry.action == BASELINE:
        return _Account(roles, str(entry.details["state"]))
    if entry.action == "staff_added":
        at_once = entry.details.get("demo")  # of a demo of versions until November 2026, whose accounts had no factors
        return _Account(roles, MemberState.ACTIVE if at_once else MemberState.INVITED)
    return _Account(roles, _STATES.get(entry.action, before.state))


def _list(account: _Account) -> str:
    return ", ".join(sorted(account.roles)) or "none"
