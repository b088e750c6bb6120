"""What deposit accounts refuse."""

from __future__ import annotations

from collections.abc import Mapping

from feiqian.errors import FeiqianError

# What each reason says to whoever sent it: the field, and what is wrong.
REASONS: Mapping[str, tuple[str, str]] = {
    "columns": ("", "the line has not as many fields as the first one"),
    "reference": ("reference", "1 to 60 letters, digits and . _ : - and not the number of an account"),
    "reference_twice": ("reference", "another line has it, too"),
    "reference_used": ("reference", "another account was opened under it before"),
    "customer": ("customer", "no customer has this id (cus_…)"),
    "currency": ("currency", "the bank has no accounts in it"),
    "product": ("product", "the bank has no such product"),
    "joint": ("holder", "joint accounts cannot be opened yet; an account has one holder (sole)"),
    "corporate": ("holder", "accounts of companies cannot be opened yet; an account has one holder (sole)"),
    "holder": ("holder", "sole, or nothing"),
    "number": ("number", "19 digits that begin as this bank's do, with their check digit"),
    "number_twice": ("number", "another line has it, too"),
    "number_taken": ("number", "an account has it already"),
    "balance": ("balance", "an amount such as 1250.00, not below nothing"),
    "balance_sum": ("balance", "all together are more than the books can hold"),
    "unverified": ("customer", "who this is has not been verified yet"),
    "too_many": ("customer", "nobody can have so many accounts"),
    "alias_length": ("alias", "4 to 20 letters and digits"),
    "alias_letters": ("alias", "only Latin letters or Chinese characters, and digits"),
    "alias_scripts": ("alias", "Latin letters and Chinese characters are mixed"),
    "alias_number": ("alias", "it is a number, or looks like one"),
    "alias_reserved": ("alias", "it looks as if it were the bank's"),
    "alias_twice": ("alias", "another line has it, or one that looks like it"),
    "alias_taken": ("alias", "an account has it already, or one that looks like it"),
    "state": ("", "the account cannot become so from what it is now"),
}


class AccountNotFound(FeiqianError):
    """There is no such account, or it is somebody else's."""


class AccountInvalid(FeiqianError):
    """An account cannot be as was asked. `reason` is a word of REASONS, and `field` and `words` what it says."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the account cannot be as was asked: {reason}")
        self.reason = reason
        self.field, self.words = REASONS[reason]


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
