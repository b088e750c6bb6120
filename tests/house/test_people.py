"""A kind of person who signs in is declared once, in policy/people.py; what all kinds share names none of them."""

from __future__ import annotations

import ast
from collections.abc import Callable
from importlib import import_module

import pytest
from sources import Source

from feiqian import features
from feiqian.policy.load import SHIPPED, load_policy
from feiqian.policy.people import PEOPLE
from feiqian.subjects import Role
from feiqian.texts import english
from feiqian.web.cookies import Cookies
from feiqian.web.whose import PARTS

SHARED = ("web.", "features", "policy.", "auth.pages.", "auth.work_sign_in", "auth.signing_in", "auth.invitations")
LATER = {kind.role.name for kind in PEOPLE} - {Role.CUSTOMER.name, Role.STAFF.name}  # who came after the bank's own


def test_what_all_kinds_of_people_share_names_none_of_them(product: list[Source], obeyed: Callable[..., None]) -> None:
    findings = [
        f"{source.path}:{node.lineno} names Role.{node.attr}"
        for source in product
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "Role"
        if source.module != "policy.people" and not may_name(source.module, node.attr)
    ]
    obeyed(findings, "a kind of person is one declaration.", "ask `policy.people`, or move it to that kind's feature.")


def may_name(module: str, role: str) -> bool:
    """The bank's rules know customers and staff; a later kind is known to its own feature and to those above it."""
    if role == Role.STAFF.name:
        return not module.startswith(SHARED)
    if role not in LATER:
        return True
    name = module.split(".")[0]
    above = name in features.FEATURES and "merchant_users" in import_module(f"feiqian.{name}").STANDS_ON
    return above or name in ("merchant_users", *features.GUESTS)


@pytest.mark.parametrize("origin", ["https://bank.example", "http://localhost:8080"])
def test_no_two_kinds_have_a_cookie_in_common(origin: str) -> None:
    names = [name for names in Cookies(origin).of.values() for name in names[:2]]
    assert len(set(names)) == 2 * len(PEOPLE)


def test_each_kind_has_a_part_of_a_mark_sessions_in_each_policy_and_a_name() -> None:
    roles = {kind.role for kind in PEOPLE}
    assert roles < set(PARTS)
    assert all(set(load_policy(name).sessions) == roles for name in SHIPPED)
    assert all(f"staff.who.{role}" in english.catalogue for role in set(Role) - {Role.STAFF})
