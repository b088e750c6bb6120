"""The read model of payments: accounts and their statement lines, payments, refunds, and totals of days."""

from __future__ import annotations

from feiqian.projections.read_model import ReadModel

from .projection import NAME, PaymentsProjection
from .reconcile import reconcile
from .tables import METADATA

# A change of the tables, or of what rows become in them, needs a new version: it is then built again, never altered.
VERSION = 6
READ_MODEL = ReadModel(NAME, VERSION, METADATA, PaymentsProjection, reconcile)
