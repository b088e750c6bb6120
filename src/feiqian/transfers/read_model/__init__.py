"""The read model of transfers between people: what was decided and how it ended, for both sides."""

from __future__ import annotations

from feiqian.projections.read_model import ReadModel

from .projection import NAME, PersonTransfersProjection
from .reconcile import reconcile
from .tables import METADATA

# A change of the tables, or of what rows become in them, needs a new version.
VERSION = 1
READ_MODEL = ReadModel(NAME, VERSION, METADATA, PersonTransfersProjection, reconcile)
