"""The kinds of people who sign in, each declared once. All that there is of each kind comes from here: how long its
sessions last, what signing in needs, its cookies, its part of a page's mark, and where features' pages for it stand."""

from __future__ import annotations

from typing import NamedTuple

from feiqian.policy.factors import Purpose
from feiqian.subjects import Role


class KindOfPerson(NamedTuple):
    """`purpose` is that of signing in. `name` is what the policy's [sessions] and the cookies call them, and what
    features' pages for them are found by (`STAFF_PAGES`). `home` is their first page, `sign_in` where they sign in.

    Names, as roles and purposes, are on disk or in browsers, and stay.
    """

    role: Role
    purpose: Purpose
    name: str
    home: str
    sign_in: str


PEOPLE = (
    KindOfPerson(Role.CUSTOMER, Purpose.SIGN_IN, "customer", "/wallet", "/sign-in"),
    KindOfPerson(Role.STAFF, Purpose.STAFF_SIGN_IN, "staff", "/staff", "/staff/sign-in"),
    KindOfPerson(Role.USER, Purpose.MERCHANT_SIGN_IN, "merchant", "/merchants", "/merchants/sign-in"),
)
BY_ROLE = {kind.role: kind for kind in PEOPLE}
SIGNS_IN = {kind.role: kind.purpose for kind in PEOPLE}  # others have no sessions
