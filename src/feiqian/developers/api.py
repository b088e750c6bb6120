"""Which problem each error of these pages would be under /v1, where none of them is raised."""

from __future__ import annotations

from feiqian.developers.errors import KeyNameUsed
from feiqian.errors import FeiqianError
from feiqian.web.v1.problems import CONFLICT, Kind

PROBLEMS: dict[type[FeiqianError], Kind] = {KeyNameUsed: CONFLICT}
