"""A bank with one of everything that the staff's console shows, and the addresses of all of its pages."""

from __future__ import annotations

from typing import NamedTuple

from staffed import Staffed

from feiqian.backoffice.model import OPERATOR
from feiqian.money import CNY

ALL = ("reviewer", "supporter", "approver", "auditor", "admin")
MINOR = 123_457  # an amount that no page may say as it is kept: ¥1,234.57
KINDS = ("set_level", "adjust", "day_limit", "unfreeze", "release_lock")


class Full(NamedTuple):
    """`token` is of a session of a member with every role; `paths` are those of all pages."""

    token: str
    customer: str
    review: str
    paths: list[str]


def fill(bank: Staffed) -> Full:
    mei = bank.checked().session.subject
    bank.fund(mei.number, 10_000_00)
    customer = bank.do(bank.customers.by_number, mei.number).id
    review = bank.waiting_review()
    alice, dan, bob = bank.member("alice", *ALL), bank.member("dan", *ALL), bank.member("bob", *ALL)
    changes, support = bank.changes, bank.support_view
    case = bank.run(bank.case_queue.begin(alice, customer, "stolen_phone", "The bag, with the phone in it."))
    bank.run(bank.case_queue.note(alice, case.id, "She has called again."))
    paid = {"currency": CNY.number, "amount": MINOR, "reason": "charged_twice"}
    limit = {"currency": CNY.number, "amount": MINOR}
    adjusted = bank.run(changes.propose("adjust", mei, paid, dan, "Charged twice at the shop."))
    bank.run(bank.approve(adjusted.id, bob))
    bank.run(support.freeze(alice, customer, "A stolen phone, she says."))
    frozen = {"frozen_at": bank.do(bank.services.customers.profiles.get, mei.number).frozen_at}
    roles = {"roles": ["auditor"]}
    proposed = [
        bank.run(changes.propose(kind, about, values, dan, "Seen face to face, with the card."))
        for kind, about, values in (
            ("set_level", mei, {"level": "full", "before": "remote"}),
            ("adjust", mei, paid | {"amount": -MINOR}),
            ("day_limit", mei, limit),
            ("unfreeze", mei, frozen),
            ("staff_roles", alice.subject, roles),
        )
    ]
    bank.run(changes.refuse(proposed[0].id, bob, "The picture is another's."))
    bank.run(bank.case_queue.close(alice, case.id, "She has a new phone."))
    bank.run(bank.case_queue.begin(alice, customer, "other", "Another one, which is open."))
    bank.do(bank.members.suspend, bob.number, OPERATOR, bank.clock.now())
    told_before(bank)
    token = bank.sign_in_as("alice").token
    return Full(token, customer, review.id, _paths(customer, review.id, case.id, [adjusted, *proposed], dan.id))


def told_before(bank: Staffed) -> None:
    """Entries of other releases: an act and details that no text says, and all levels as they were once."""
    with bank.db.write() as connection:
        book, now = bank.trail_book, bank.clock.now()
        bank.trail_book.append(connection, OPERATOR, "levels_baseline", "levels", {"runs": (1, 2, 1), "part": 1}, now)
        book.append(connection, OPERATOR, "odd_thing_done", "odd_things", {"odd_name": "odd_value", "odd_at": now}, now)


def _paths(customer: str, review: str, case: str, changes: list, member: str) -> list[str]:
    file = f"customers/{customer}"
    lists = ("cases", "changes", "entries", "devices", "sign-ins")
    paths = ["", "customers", "customers?q=李", "customers?q=nobody", file, f"{file}/case", "identity", "cases"]
    paths += [f"{file}/list/{name}" for name in lists] + [f"{file}/propose/{kind}" for kind in KINDS]
    paths += [f"identity/{review}", f"cases/{case}", "changes", "changes/decided"]
    paths += [f"changes/{change.id}" for change in changes]
    paths += ["accounts", f"accounts/{member}", "trail", "trail?about=1", "trail?about=alice"]
    return [f"/staff/{path}".rstrip("/") for path in paths]
