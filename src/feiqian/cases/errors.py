"""What cases refuse."""

from __future__ import annotations

from feiqian.errors import FeiqianError


class CaseNotFound(FeiqianError):
    """There is no case of this id."""


class CaseClosed(FeiqianError):
    """The case is closed: nothing is added to it. Open another one."""


class CaseInvalid(FeiqianError):
    """A case cannot be as was asked. Says why."""
