"""The read model of red packets: what was put in, who has taken what, and what came back."""

from __future__ import annotations

from feiqian.projections.read_model import ReadModel

from .projection import NAME, PacketsProjection
from .reconcile import reconcile
from .tables import METADATA

# A change of the tables, or of what rows become in them, needs a new version.
VERSION = 1
READ_MODEL = ReadModel(NAME, VERSION, METADATA, PacketsProjection, reconcile)
