"""Which problem each error of the register of customers is under /v1."""

from __future__ import annotations

from feiqian.customers.errors import ApplicationOver, CustomerNotFound, CustomersError
from feiqian.customers.issuing import NoDevicesLeft
from feiqian.customers.registry import NoNumbersLeft
from feiqian.errors import FeiqianError
from feiqian.web.v1.problems import CHALLENGE_OVER, INTERNAL, NOT_FOUND, Kind

PROBLEMS: dict[type[FeiqianError], Kind] = {
    ApplicationOver: CHALLENGE_OVER,
    CustomerNotFound: NOT_FOUND,
    NoNumbersLeft: INTERNAL,
    NoDevicesLeft: INTERNAL,
    CustomersError: INTERNAL,
}
