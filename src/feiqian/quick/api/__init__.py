"""`/v1/me/quick`: the service of the customer's accounts; and which problem each error of quick payment is."""

from __future__ import annotations

from feiqian.errors import FeiqianError
from feiqian.quick.errors import NumberRefused, QuickRefused, QuickThrottled
from feiqian.web.v1.problems import CONFLICT, INVALID, TOO_MANY_REQUESTS, Kind

from . import services

PROBLEMS: dict[type[FeiqianError], Kind] = {
    QuickRefused: CONFLICT,
    NumberRefused: INVALID,
    QuickThrottled: TOO_MANY_REQUESTS,
}
OPERATIONS = services.OPERATIONS
