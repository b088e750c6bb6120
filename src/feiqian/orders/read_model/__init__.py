"""The read model of orders: each as it is after its newest change, and what has happened to it."""

from __future__ import annotations

from feiqian.projections.read_model import ReadModel

from .projection import NAME, OrdersProjection
from .reconcile import reconcile
from .tables import METADATA

# A change of the tables, or of what rows become in them, needs a new version.
VERSION = 1
READ_MODEL = ReadModel(NAME, VERSION, METADATA, OrdersProjection, reconcile)
