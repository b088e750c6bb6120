"""What others see of customers. Times are Unix microseconds; secrets and documents are left out of every repr."""

from __future__ import annotations

from dataclasses import dataclass, field

from feiqian.ids import CustomerNumber
from feiqian.subjects import Subject

NAME_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Profile:
    """A customer who can sign in. `frozen_by` is the customer or a member of staff, while wallets are frozen."""

    number: CustomerNumber
    id: str
    name: str
    level: int
    created_at: int
    mobile: str = field(repr=False)  # E.164
    email: str = field(repr=False)  # "" if there is none
    language: str
    cooling_until: int  # 0, or until when the limits are low
    frozen_by: Subject | None
    frozen_at: int

    @property
    def frozen(self) -> bool:
        return self.frozen_by is not None
