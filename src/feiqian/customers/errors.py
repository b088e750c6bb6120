"""What is refused to customers and to those who would be. No text tells whether a number or a name is known."""

from __future__ import annotations

from feiqian.errors import FeiqianError, StartRefused


class CustomersError(FeiqianError):
    """It cannot be done so. Nothing was changed."""


class ApplicationOver(CustomersError):
    """There is no such application, or it took too long, or it has been finished. Begin anew."""


class LevelsRefused(StartRefused):
    """The policy's levels are not those that customers have. Nothing was changed."""


class CustomerNotFound(CustomersError):
    """There is no such customer, or nothing is kept of them but the name."""
