"""The read model of own transfers: what was decided, by customer and by the ledger's id."""

from __future__ import annotations

from feiqian.projections.read_model import ReadModel

from .projection import NAME, TransfersProjection
from .reconcile import reconcile
from .tables import METADATA

# A change of the table, or of what rows become in it, needs a new version.
VERSION = 1
READ_MODEL = ReadModel(NAME, VERSION, METADATA, TransfersProjection, reconcile)
