"""Every operation of /v1: merchants', and customers' under /v1/me."""

from __future__ import annotations

from feiqian.auth import api as me
from feiqian.payments.api import merchants as operations

ROUTES = (*operations.ROUTES, *me.ROUTES)
