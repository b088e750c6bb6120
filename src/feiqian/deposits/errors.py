"""What deposit accounts refuse."""

from __future__ import annotations

from feiqian.errors import FeiqianError


class AccountNotFound(FeiqianError):
    """There is no such account, or it is somebody else's."""


class AccountInvalid(FeiqianError):
    """An account cannot be as was asked. `reason` is the word for it."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the account cannot be as was asked: {reason}")
        self.reason = reason


class ReferenceUsed(FeiqianError):
    """An account was opened under this reference before, for somebody else or otherwise."""


class AliasTaken(FeiqianError):
    """Another account has this alias, or one that looks like it."""


class AliasTriesUsedUp(FeiqianError):
    """An alias was chosen as often as it may be in a day."""


class TransferNotFound(FeiqianError):
    """There is no such transfer, or it is somebody else's."""


class TransferNumberUsed(FeiqianError):
    """The number of a transfer was used before, for another one."""


class TransferInvalid(FeiqianError):
    """A transfer makes no sense: `field` is wrong."""

    def __init__(self, field: str) -> None:
        super().__init__(f"the transfer cannot be as was asked: {field}")
        self.field = field


class NotClosable(FeiqianError):
    """An account cannot be closed now. `reason` is the word for it: a state, target, money_held, payments_wait or
    under_way."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the account cannot be closed: {reason}")
        self.reason = reason
