"""Which problem each error of sources is under /v1."""

from __future__ import annotations

from feiqian.errors import FeiqianError
from feiqian.sources.errors import SourcesInvalid
from feiqian.web.v1.problems import INVALID, Kind

PROBLEMS: dict[type[FeiqianError], Kind] = {SourcesInvalid: INVALID}
