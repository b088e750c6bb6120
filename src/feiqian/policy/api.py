"""Which problem each error of the policy is under /v1."""

from __future__ import annotations

from feiqian.errors import FeiqianError
from feiqian.policy.load import PolicyInvalid
from feiqian.web.v1.problems import INTERNAL, Kind

PROBLEMS: dict[type[FeiqianError], Kind] = {PolicyInvalid: INTERNAL}
