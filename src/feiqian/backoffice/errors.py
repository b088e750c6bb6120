"""What the staff's side refuses. The texts are for staff; they hold no secrets and nothing of a customer.

StaffError
  MemberInvalid     a staff account cannot be as was asked
  MemberNotFound    there is no such staff account
  NotAllowed        the member has none of the roles that this needs
  ChangeInvalid     a change cannot be as was proposed
    CeilingExceeded a correction is more than the member may propose or approve
  ReasonMissing     what was written says no reason
  ChangeNotFound    there is no such change
  ChangeOver        it has been decided already, or is being carried out
  OwnChange         who made a change, or is changed by it, may not approve it
  ChangeFailed      it was approved and could not be carried out; it is open again
"""

from __future__ import annotations

from collections.abc import Iterable

from feiqian.errors import FeiqianError


class StaffError(FeiqianError):
    """Whatever the package raises."""


class MemberInvalid(StaffError):
    """Says why. `reason` is a word for it: login, name, roles, taken."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class MemberNotFound(StaffError):
    """No such account."""

    def __init__(self) -> None:
        super().__init__("there is no such staff account")


class NotAllowed(StaffError):
    """`needed`: any one of these roles would do."""

    def __init__(self, needed: Iterable[str]) -> None:
        self.needed = tuple(sorted(needed))
        super().__init__(f"only for staff with the role {' or '.join(self.needed)}")


class ChangeInvalid(StaffError):
    """`reason` is a word for it (texts "staff.change.invalid.<word>")."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CeilingExceeded(ChangeInvalid):
    """`reason` is ceiling_one, ceiling_day or ceiling_customer; `most` in minor units of the currency."""

    def __init__(self, reason: str, currency: int, most: int) -> None:
        super().__init__(reason)
        self.currency, self.most = currency, most


class ReasonMissing(StaffError):
    """Somebody else has to be able to judge why."""

    def __init__(self) -> None:
        super().__init__("say why, in words that somebody else can judge")


class ChangeNotFound(StaffError):
    """No such change."""

    def __init__(self) -> None:
        super().__init__("there is no such change")


class ChangeOver(StaffError):
    """`state` says how it stands: applying, applied or refused."""

    def __init__(self, state: str) -> None:
        super().__init__(f"the change is {state}")
        self.state = state


class OwnChange(StaffError):
    """Another one has to look at it."""

    def __init__(self) -> None:
        super().__init__("a change is approved by somebody else than who made it, or is changed by it")


class ChangeFailed(StaffError):
    """Nothing was changed. The change is open again; `why` is kept with it."""

    def __init__(self, why: str) -> None:
        super().__init__(f"the change could not be carried out: {why}")
        self.why = why
