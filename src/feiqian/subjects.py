"""Who proves who they are: customers, staff, merchants and their people, applicants, and nobody we know.

"Nobody" stands for an unknown number or name that somebody tried: it can be locked and counted like anyone, so that
nothing a stranger sees tells the known from the unknown.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from feiqian.ids import CustomerNumber, MerchantNumber


class Role(StrEnum):
    """The sort of a subject."""

    CUSTOMER = "customer"
    STAFF = "staff"
    MERCHANT = "merchant"
    USER = "user"  # one of a merchant's people, who signs in to the pages for merchants
    APPLICANT = "applicant"  # registers, and is no customer yet
    NOBODY = "nobody"


class Subject(NamedTuple):
    """One of them: the customer's, staff member's, merchant's, user's or applicant's number; of nobody a keyed hash of
    what was tried."""

    role: Role
    number: int  # below 2**63

    def __str__(self) -> str:
        return f"{self.role}:{self.number}"

    @property
    def customer(self) -> CustomerNumber:
        """The number of a customer. Raises ValueError for anyone else."""
        if self.role is not Role.CUSTOMER:
            raise ValueError(f"{self} is no customer")
        return CustomerNumber(self.number)


def customer(number: CustomerNumber) -> Subject:
    return Subject(Role.CUSTOMER, number)


def merchant(number: MerchantNumber) -> Subject:
    return Subject(Role.MERCHANT, number)


def staff(number: int) -> Subject:
    return Subject(Role.STAFF, number)
